-- The cafÃ©'s greeting.
INSERT INTO texts VALUES ('café');
