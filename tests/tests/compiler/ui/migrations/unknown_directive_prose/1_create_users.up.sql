-- migrate: see the wiki
CREATE TABLE users (id bigint PRIMARY KEY);
