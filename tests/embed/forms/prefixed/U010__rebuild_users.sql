-- migrate: foreign-keys off
CREATE TABLE users (id bigint PRIMARY KEY, name text);
