-- migrate: foreign-keys on
CREATE TABLE users (id bigint PRIMARY KEY);
