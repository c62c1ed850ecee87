-- migrate: irreversible because
CREATE TABLE users (id bigint PRIMARY KEY);
