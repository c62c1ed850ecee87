CREATE TABLE users (id bigint PRIMARY KEY);
/* The next table
   /* is nested */
CREATE TABLE orders (id bigint PRIMARY KEY);
