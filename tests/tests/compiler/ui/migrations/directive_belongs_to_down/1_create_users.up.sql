-- migrate: nothing-to-undo "it was empty"
CREATE TABLE users (id bigint PRIMARY KEY);
