//! Constraints and indexes.

use crate::fingerprint::case::{Case, case, one_way};

const TABLE: &str = "CREATE TABLE t (id bigint, note text)";

pub(crate) const CONSTRAINTS: &[Case] = &[
    // Constraints.
    case(TABLE, "ALTER TABLE t ADD CHECK (id > 0)", "added    constraint t_id_check of public.t"),
    case(
        "CREATE TABLE t (id bigint NOT NULL)",
        "ALTER TABLE t ADD PRIMARY KEY (id)",
        "added    constraint t_pkey of public.t",
    ),
    case(TABLE, "ALTER TABLE t ADD UNIQUE (id)", "added    constraint t_id_key of public.t"),
    case(TABLE, "ALTER TABLE t ADD EXCLUDE (id WITH =)", "added    constraint t_id_excl of public.t"),
    case(
        "CREATE TABLE t (id bigint PRIMARY KEY, parent bigint CONSTRAINT up REFERENCES t)",
        "ALTER TABLE t DROP CONSTRAINT up, ADD CONSTRAINT up FOREIGN KEY (parent) REFERENCES t ON DELETE CASCADE",
        "changed  constraint up of public.t: definition FOREIGN KEY (parent) REFERENCES public.t(id) → \
         FOREIGN KEY (parent) REFERENCES public.t(id) ON DELETE CASCADE",
    ),
    one_way(
        "CREATE TABLE t (id bigint); ALTER TABLE t ADD CONSTRAINT c CHECK (id > 0) NOT VALID",
        "ALTER TABLE t VALIDATE CONSTRAINT c",
        "changed  constraint c of public.t: valid false → none",
    ),
    one_way(
        "CREATE TABLE t (id bigint CONSTRAINT c UNIQUE)",
        "ALTER TABLE t CLUSTER ON c",
        "changed  constraint c of public.t: clustered none → true",
    ),
    one_way(
        "CREATE TABLE t (id bigint CONSTRAINT c UNIQUE)",
        "ALTER INDEX c SET (fillfactor = 50); COMMENT ON INDEX c IS 'half'; COMMENT ON CONSTRAINT c ON t IS 'all'",
        "changed  constraint c of public.t: comment none → all\n\
         changed  constraint c of public.t: index comment none → half\n\
         changed  constraint c of public.t: options none → fillfactor=50",
    ),
    one_way(
        "CREATE TABLE t (id bigint NOT NULL CONSTRAINT c UNIQUE)",
        "ALTER TABLE t REPLICA IDENTITY USING INDEX c",
        "changed  table public.t: replica identity none → index\n\
         changed  constraint c of public.t: replica identity none → true",
    ),
];

pub(crate) const INDEXES: &[Case] = &[
    // Indexes.
    case(TABLE, "CREATE INDEX i ON t (id)", "added    index public.i of public.t"),
    case(
        "CREATE TABLE t (id bigint, note text); CREATE INDEX i ON t (id)",
        "DROP INDEX i; CREATE UNIQUE INDEX i ON t (lower(note) DESC) INCLUDE (id) WHERE id > 3",
        "changed  index public.i of public.t: definition CREATE INDEX i ON public.t USING btree (id) → \
         CREATE UNIQUE INDEX i ON public.t USING btree (lower(note) DESC) INCLUDE (id) WHERE (id > 3)",
    ),
    one_way(
        "CREATE TABLE t (id bigint); CREATE INDEX i ON t (id)",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'i'::regclass",
        "changed  index public.i of public.t: valid none → false",
    ),
    one_way(
        "CREATE TABLE t (id bigint); CREATE INDEX i ON t (id)",
        "ALTER TABLE t CLUSTER ON i",
        "changed  index public.i of public.t: clustered none → true",
    ),
    one_way(
        "CREATE TABLE t (id bigint NOT NULL); CREATE UNIQUE INDEX i ON t (id)",
        "ALTER TABLE t REPLICA IDENTITY USING INDEX i",
        "changed  table public.t: replica identity none → index\n\
         changed  index public.i of public.t: replica identity none → true",
    ),
    one_way(
        "CREATE TABLE t (id bigint); CREATE INDEX i ON t ((id + 1))",
        "ALTER INDEX i ALTER COLUMN 1 SET STATISTICS 9",
        "changed  index public.i of public.t: statistics none → 1: 9",
    ),
    case(
        "CREATE TABLE t (id bigint); CREATE INDEX i ON t (id)",
        "COMMENT ON INDEX i IS 'fast'",
        "changed  index public.i of public.t: comment none → fast",
    ),
    one_way(
        "CREATE TABLE p (id bigint) PARTITION BY RANGE (id);
        CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9);
        CREATE INDEX i ON ONLY p (id); CREATE INDEX i1 ON p1 (id)",
        "ALTER INDEX i ATTACH PARTITION i1",
        "changed  index public.i of public.p: valid false → none\n\
         changed  index public.i1 of public.p1: attached to none → public.i",
    ),
];
