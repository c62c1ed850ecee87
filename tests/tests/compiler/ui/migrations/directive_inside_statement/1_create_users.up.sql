CREATE TABLE users (
    -- migrate: allow bigint-key "they are many"
    id bigint PRIMARY KEY
);
