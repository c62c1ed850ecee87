//! A schema as SQL, loaded into an empty database: the two are the same.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use migrate::schema::{Dump, Fingerprint};
use migrate::{Dialect, MigrationSet, Migrator};
use migrate_tests::{CRATES_IO, Corpus, Folder, PostgresPool, Sandbox, SqliteFile, ZKSYNC};
use tokio_postgres::NoTls;

fn nothing(dialect: Dialect) -> MigrationSet {
    Folder::new(dialect).table(1, "unused").set()
}

async fn read(db: &PostgresPool) -> (Fingerprint, Dump) {
    let set = nothing(Dialect::Postgres);
    let migrator = Migrator::new(&set);
    (migrator.fingerprint(db.pool()).await.unwrap(), migrator.dump(db.pool()).await.unwrap())
}

/// Loads the dump of a database into an empty one. Nothing of it may be different then, and what is left out is exactly
/// `left_out`.
async fn comes_back(db: &PostgresPool, left_out: &[&str]) {
    let (schema, dump) = read(db).await;
    assert_eq!(dump.left_out, left_out);
    let copy = PostgresPool::create("dump_copy").await;
    let (client, connection) = copy.database().config().connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    // `public` is there in every database.
    if let Err(error) = client.batch_execute(&dump.sql).await {
        panic!("{error:?}\n{}", dump.sql);
    }
    let (loaded, again) = read(&copy).await;
    let difference = schema.diff(&loaded);
    if left_out.is_empty() {
        assert!(difference.is_empty(), "{difference}\n{}", dump.sql);
        assert_eq!(again.sql, dump.sql);
    } else {
        assert_eq!(difference.changes.len(), left_out.len(), "{difference}\n{}", dump.sql);
    }
}

async fn sql_comes_back(hint: &str, sql: &str) {
    let mut db = PostgresPool::create(hint).await;
    db.execute(sql).await;
    comes_back(&db, &[]).await;
}

#[tokio::test]
async fn tables_with_all_that_belongs_to_them() {
    sql_comes_back(
        "dump_tables",
        r#"CREATE SCHEMA "odd one";
        CREATE TYPE mood AS ENUM ('happy', 'it''s fine');
        CREATE DOMAIN email AS text NOT NULL DEFAULT 'a@b' CONSTRAINT has_at CHECK (VALUE LIKE '%@%');
        ALTER DOMAIN email ADD CONSTRAINT is_short CHECK (length(VALUE) < 100) NOT VALID;
        CREATE TYPE address AS (street text, "house number" integer);
        CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = float8mi);
        CREATE SEQUENCE numbers AS integer INCREMENT 5 MINVALUE 5 MAXVALUE 500 START 10 CACHE 3 CYCLE;
        CREATE TABLE tenants (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text UNIQUE) WITH (fillfactor = 70);
        CREATE TABLE "odd one"."Orders" (
            id bigint GENERATED ALWAYS AS IDENTITY (START 100) PRIMARY KEY,
            serial serial,
            tenant_id uuid NOT NULL REFERENCES tenants ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
            "select" integer DEFAULT nextval('numbers'),
            email email,
            mood mood DEFAULT 'happy',
            home address,
            during span,
            total numeric(10, 2) CHECK (total > 0),
            doubled numeric GENERATED ALWAYS AS (total * 2) STORED,
            note varchar(20) COLLATE "C",
            parent bigint,
            EXCLUDE USING gist (during WITH &&),
            CONSTRAINT parents FOREIGN KEY (parent) REFERENCES "odd one"."Orders" (id)
        );
        ALTER TABLE "odd one"."Orders" ADD CONSTRAINT late CHECK (note <> '') NOT VALID;
        ALTER TABLE "odd one"."Orders" ALTER COLUMN note SET STORAGE EXTERNAL, ALTER COLUMN note SET STATISTICS 50,
            ALTER COLUMN total SET (n_distinct = 5);
        CREATE UNIQUE INDEX live ON "odd one"."Orders" (tenant_id, lower(note)) INCLUDE (total) WHERE total IS NOT NULL;
        CREATE INDEX noted ON "odd one"."Orders" (note DESC NULLS LAST);
        ALTER TABLE "odd one"."Orders" CLUSTER ON noted;
        ALTER TABLE tenants REPLICA IDENTITY FULL;
        ALTER TABLE tenants ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
        CREATE POLICY own ON tenants AS RESTRICTIVE FOR UPDATE TO PUBLIC USING (name <> '') WITH CHECK (true);
        CREATE STATISTICS of_orders (dependencies) ON total, note FROM "odd one"."Orders";
        CREATE UNLOGGED TABLE scratch (a integer, b text) WITH (autovacuum_enabled = off, toast.autovacuum_enabled = off);
        COMMENT ON TABLE scratch IS 'it''s a \ test';
        COMMENT ON COLUMN scratch.b IS 'text';
        COMMENT ON CONSTRAINT parents ON "odd one"."Orders" IS 'of itself';
        COMMENT ON INDEX "odd one".noted IS 'why';"#,
    )
    .await;
}

#[tokio::test]
async fn what_names_other_objects_comes_behind_them() {
    sql_comes_back(
        "dump_order",
        "CREATE TABLE z_first (id bigint PRIMARY KEY, a integer);
        CREATE VIEW a_second AS SELECT id, a FROM z_first GROUP BY id;
        CREATE VIEW a_first AS SELECT id FROM a_second;
        CREATE MATERIALIZED VIEW a_zero AS SELECT id FROM a_first WITH NO DATA;
        CREATE UNIQUE INDEX ON a_zero (id);
        CREATE FUNCTION later() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
        CREATE FUNCTION a_of(z_first) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1.a + later()';
        CREATE TABLE uses (id bigint, made integer DEFAULT later(), whole z_first, CHECK (later() < made));
        CREATE TYPE wraps AS (one z_first);
        CREATE DOMAIN checked AS integer CHECK (VALUE > later());
        CREATE TABLE has_domain (value checked);
        CREATE PROCEDURE does(IN x checked) LANGUAGE plpgsql AS $body$ BEGIN PERFORM 1; END $body$;
        CREATE FUNCTION atomic() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM uses; END;
        CREATE VIEW calls AS SELECT atomic() AS total;
        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER touched BEFORE UPDATE OF a ON z_first FOR EACH ROW WHEN (NEW.a > 1) EXECUTE FUNCTION touch();
        CREATE TRIGGER off AFTER INSERT ON z_first FOR EACH ROW EXECUTE FUNCTION touch();
        ALTER TABLE z_first DISABLE TRIGGER off;
        CREATE RULE nothing AS ON DELETE TO uses DO INSTEAD NOTHING;
        CREATE EXTENSION pg_trgm;
        COMMENT ON EXTENSION pg_trgm IS 'it''s ours';
        CREATE INDEX ON has_domain ((value::text) gin_trgm_ops) WHERE value > 5;"
            .replace("ON has_domain ((value::text)", "ON has_domain USING gin ((value::text)")
            .as_str(),
    )
    .await;
}

/// What a function's body names need not be there when it is made, and may lead back to it.
#[tokio::test]
async fn bodies_and_foreign_keys_may_go_in_circles() {
    sql_comes_back(
        "dump_circles",
        "SET check_function_bodies = false;
        CREATE FUNCTION counted() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.counts WHERE true';
        CREATE DOMAIN countable AS bigint CHECK (VALUE <= counted());
        CREATE TABLE counts (n countable DEFAULT counted());
        CREATE TABLE a (id bigint PRIMARY KEY, b bigint);
        CREATE TABLE b (id bigint PRIMARY KEY, a bigint REFERENCES a);
        ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b;",
    )
    .await;
}

#[tokio::test]
async fn what_is_set_beside_the_definition() {
    sql_comes_back(
        "dump_settings",
        "CREATE TABLE a (id bigint CONSTRAINT a_key PRIMARY KEY WITH (fillfactor = 70), code text COMPRESSION pglz NOT NULL);
        COMMENT ON INDEX a_key IS 'of the key';
        CREATE UNIQUE INDEX by_code ON a (code);
        ALTER TABLE a REPLICA IDENTITY USING INDEX by_code;
        CREATE INDEX by_lower ON a (id, lower(code));
        ALTER INDEX by_lower ALTER COLUMN 2 SET STATISTICS 300;
        CREATE STATISTICS of_a (dependencies) ON id, code FROM a;
        ALTER STATISTICS of_a SET STATISTICS 7;
        CREATE TABLE b (id bigint);
        ALTER TABLE b REPLICA IDENTITY NOTHING;
        CREATE RULE off AS ON DELETE TO b DO INSTEAD NOTHING;
        ALTER TABLE b DISABLE RULE off;
        CREATE VIEW codes AS SELECT code FROM a;
        ALTER VIEW codes ALTER code SET DEFAULT 'x';
        CREATE MATERIALIZED VIEW m WITH (fillfactor = 70, toast.autovacuum_enabled = off, autovacuum_vacuum_scale_factor = 0.5)
            AS SELECT code FROM a;
        ALTER MATERIALIZED VIEW m ALTER code SET (n_distinct = -0.5), ALTER code SET STATISTICS 7;
        CREATE TYPE words AS RANGE (subtype = text, collation = \"C\", multirange_type_name = many_words);",
    )
    .await;
}

/// Of two keys of the same columns in one CREATE TABLE, the server makes one.
#[tokio::test]
async fn keys_of_the_same_columns() {
    sql_comes_back(
        "dump_keys",
        "CREATE TABLE a (name text CONSTRAINT b_key PRIMARY KEY, code text UNIQUE, note text);
        ALTER TABLE a ADD CONSTRAINT a_unique UNIQUE (name), ADD CONSTRAINT a_again UNIQUE (name);
        ALTER TABLE a ADD CONSTRAINT code_again UNIQUE (code), ADD CONSTRAINT code_later UNIQUE (code) DEFERRABLE;
        ALTER TABLE a ADD CONSTRAINT x EXCLUDE (note WITH =), ADD CONSTRAINT y EXCLUDE (note WITH =);
        CREATE TABLE b (a text REFERENCES a (name), code text REFERENCES a (code));
        CREATE VIEW grouped AS SELECT name, note FROM a GROUP BY name;",
    )
    .await;
}

#[tokio::test]
async fn what_a_child_says_of_the_columns_of_its_parent() {
    sql_comes_back(
        "dump_children",
        "CREATE TABLE base (id bigint, note text DEFAULT 'base', gone text DEFAULT 'x', same text DEFAULT 's' NOT NULL);
        CREATE TABLE child (extra text) INHERITS (base);
        ALTER TABLE child ALTER id SET NOT NULL, ALTER id SET DEFAULT 7, ALTER note SET DEFAULT 'child',
            ALTER gone DROP DEFAULT;
        CREATE TABLE grandchild () INHERITS (child);
        ALTER TABLE grandchild ALTER note DROP DEFAULT, ALTER note SET NOT NULL;",
    )
    .await;
}

#[tokio::test]
async fn collations_come_before_what_uses_them() {
    sql_comes_back(
        "dump_collations",
        "CREATE SCHEMA z; CREATE COLLATION z.plain (provider = libc, locale = 'C');
        CREATE COLLATION z.pair (lc_collate = 'C', lc_ctype = 'POSIX');
        CREATE DOMAIN name AS text COLLATE z.plain;
        CREATE TABLE a (code text COLLATE z.plain, name name, other text COLLATE z.pair);
        CREATE INDEX by_code ON a (code COLLATE z.pair);
        COMMENT ON COLLATION z.plain IS 'why'",
    )
    .await;
}

#[tokio::test]
async fn names_with_what_separates_names() {
    sql_comes_back(
        "dump_names",
        r#"CREATE TABLE "odd, ""one""" ("a, b" integer, "c ""d"" e" integer, f integer) PARTITION BY LIST (f);
        CREATE TABLE "of FOR VALUES" PARTITION OF "odd, ""one""" FOR VALUES IN (1);"#,
    )
    .await;
}

#[tokio::test]
async fn an_empty_database_needs_nothing() {
    let (_, dump) = read(&PostgresPool::create("dump_empty").await).await;
    // Before PostgreSQL 15 everybody might create in `public`, and a newer server has to be told so.
    let of_old = "\nGRANT CREATE, USAGE ON SCHEMA \"public\" TO PUBLIC;\n";
    assert_eq!(dump.sql.replace(of_old, ""), "SET check_function_bodies = false;\n");
    assert_eq!(dump.left_out, [""; 0]);
}

#[tokio::test]
async fn what_was_taken_from_public_is_taken_again() {
    sql_comes_back("dump_no_use", "REVOKE ALL ON SCHEMA public FROM PUBLIC").await;
    sql_comes_back("dump_no_comment", "COMMENT ON SCHEMA public IS NULL; CREATE TABLE a (id integer)").await;
    sql_comes_back("dump_open", "GRANT CREATE ON SCHEMA public TO PUBLIC").await;
    sql_comes_back(
        "dump_no_public",
        "DROP SCHEMA public; CREATE SCHEMA app; CREATE TABLE app.a (id integer)",
    )
    .await;
}

#[tokio::test]
async fn partitions_and_children() {
    sql_comes_back(
        "dump_partitions",
        "CREATE TABLE events (id bigint, at date NOT NULL, note text DEFAULT 'x', PRIMARY KEY (id, at), CONSTRAINT is_positive CHECK (id > 0))
            PARTITION BY RANGE (at);
        CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
        CREATE TABLE events_rest (note text, at date NOT NULL, id bigint NOT NULL,
            CONSTRAINT is_positive CHECK (id > 0));
        ALTER TABLE events ATTACH PARTITION events_rest DEFAULT;
        ALTER TABLE events_2025 ALTER COLUMN note SET DEFAULT 'y';
        CREATE INDEX by_note ON events (note);
        CREATE TABLE people (id bigint PRIMARY KEY, at date, event bigint, FOREIGN KEY (event, at) REFERENCES events);
        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER touched AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION touch();
        CREATE TABLE base (id bigint NOT NULL, CHECK (id > 0));
        CREATE TABLE derived (extra text) INHERITS (base);",
    )
    .await;
}

#[tokio::test]
async fn grants_are_given_again() {
    let mut db = PostgresPool::create("dump_grants").await;
    // A role is the server's, and so is the same for all tests.
    db.execute(
        "DO $$ BEGIN CREATE ROLE migrate_test_reader; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
        CREATE TABLE orders (id bigint, note text);
        GRANT SELECT, INSERT ON orders TO migrate_test_reader;
        GRANT UPDATE (note) ON orders TO migrate_test_reader;
        CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
        REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC;
        CREATE SCHEMA app;
        GRANT USAGE ON SCHEMA app TO migrate_test_reader;",
    )
    .await;
    comes_back(&db, &[]).await;
}

#[tokio::test]
async fn what_cannot_be_written_is_named() {
    let mut db = PostgresPool::create("dump_left_out").await;
    db.execute("CREATE CAST (bigint AS boolean) WITH INOUT").await;
    comes_back(&db, &["cast (bigint AS boolean): all of it"]).await;
}

#[tokio::test]
async fn no_kind_of_object_is_left_out_in_silence() {
    let mut db = PostgresPool::create("dump_kinds").await;
    db.execute(
        "CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0');
        CREATE OPERATOR === (FUNCTION = int4eq, LEFTARG = integer, RIGHTARG = integer);
        CREATE TEXT SEARCH DICTIONARY words (TEMPLATE = simple);
        CREATE TEXT SEARCH CONFIGURATION search (COPY = simple);
        CREATE FOREIGN DATA WRAPPER wrapper;
        CREATE SERVER elsewhere FOREIGN DATA WRAPPER wrapper;
        CREATE FOREIGN TABLE far (id integer) SERVER elsewhere;
        ALTER FOREIGN TABLE far ALTER id SET STATISTICS 7;
        COMMENT ON COLUMN far.id IS 'why';
        COMMENT ON AGGREGATE total(integer) IS 'why';
        GRANT SELECT ON far TO PUBLIC;
        ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC;
        CREATE FUNCTION seen() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
        CREATE EVENT TRIGGER sees ON ddl_command_end EXECUTE FUNCTION seen();
        CREATE PUBLICATION everything FOR ALL TABLES;
        COMMENT ON PUBLICATION everything IS 'why'",
    )
    .await;
    let me = &db.column("SELECT current_user").await[0];
    let privileges = format!("default privileges on tables of {me} in public: all of it");
    let left_out = [
        "foreign table public.far: all of it",
        "aggregate public.total(integer): all of it",
        "operator public.=== (integer, integer): all of it",
        &privileges,
        "text search dictionary public.words: all of it",
        "text search configuration public.search: all of it",
        "foreign data wrapper wrapper: all of it",
        "foreign server elsewhere: all of it",
        "event trigger sees: all of it",
        "publication everything: all of it",
    ];
    comes_back(&db, &left_out).await;
}

#[tokio::test]
async fn what_is_written_in_part_is_named() {
    let mut db = PostgresPool::create("dump_parts").await;
    db.execute(
        "CREATE TYPE pair AS (a integer, b integer);
        CREATE TABLE pairs OF pair;
        CREATE TABLE box (a integer);
        CREATE INDEX carcass ON box (a);
        UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'carcass'::regclass",
    )
    .await;
    let left_out = [
        "table public.pairs: the type that it is of",
        "index public.carcass of public.box: that it is invalid",
    ];
    comes_back(&db, &left_out).await;
}

async fn corpus_comes_back(corpus: &Corpus) {
    let Some(set) = corpus.set() else { return };
    let mut db = PostgresPool::create(corpus.name).await;
    db.migrate(&Migrator::new(&set)).await.unwrap();
    comes_back(&db, &[]).await;
}

#[tokio::test]
async fn crates_io() {
    corpus_comes_back(&CRATES_IO).await;
}

#[tokio::test]
async fn zksync() {
    corpus_comes_back(&ZKSYNC).await;
}

#[tokio::test]
async fn sqlite() {
    let set = nothing(Dialect::Sqlite);
    let migrator = Migrator::new(&set);
    let mut db = SqliteFile::create("dump").await;
    db.migrate(&migrator).await.unwrap();
    db.execute(
        "CREATE TABLE orders (id integer PRIMARY KEY AUTOINCREMENT, note text CHECK (note <> '')) STRICT;
        CREATE UNIQUE INDEX live ON orders (note) WHERE note IS NOT NULL;
        CREATE VIEW notes AS SELECT note FROM orders;
        CREATE TRIGGER touched AFTER INSERT ON orders BEGIN UPDATE orders SET note = 'it''s' WHERE id = NEW.id; END;",
    )
    .await;
    let dump = migrator.dump(db.connection()).unwrap();
    assert!(!dump.sql.contains("migrate_history"), "{}", dump.sql);
    let mut copy = SqliteFile::create("dump_copy").await;
    copy.execute(&dump.sql).await;
    let (before, after) =
        (db.fingerprint(&migrator).await.unwrap(), copy.fingerprint(&migrator).await.unwrap());
    assert!(!before.objects().is_empty());
    assert!(before.diff(&after).is_empty(), "{}\n{}", before.diff(&after), dump.sql);
    assert_eq!(migrator.dump(copy.connection()).unwrap(), dump);
}
