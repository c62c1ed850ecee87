-- migrate: irreversible "the rows are gone"
DROP TABLE users;
