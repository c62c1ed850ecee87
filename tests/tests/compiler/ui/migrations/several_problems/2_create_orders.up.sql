-- migrate: no-transactoin
CREATE TABLE orders (id bigint PRIMARY KEY);
COMMIT;
