-- migrate: nothing-to-undo "it was empty"
DROP TABLE users;
