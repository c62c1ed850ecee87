-- +goose NO TRANSACTION
CREATE TABLE users (id bigint PRIMARY KEY);
