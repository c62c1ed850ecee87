DROP TABLE loyalty_customers;
