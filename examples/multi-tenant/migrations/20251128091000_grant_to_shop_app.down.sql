REVOKE ALL ON customers, orders FROM shop_app;
