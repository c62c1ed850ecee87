-- migrate: older-binaries yes
CREATE TABLE users (id bigint PRIMARY KEY);
