-- migrate: nothing-to-do "made by hand"
CREATE TABLE users (id bigint PRIMARY KEY);
