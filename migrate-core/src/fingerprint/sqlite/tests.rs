use super::*;
use crate::{Engine, Fingerprint};

fn table(sql: &str) -> Fingerprint {
    let name = "t";
    let row: Vec<Value> = ["table", name, name, sql].map(Value::from).into();
    let rows = rows(&[row]);
    Fingerprint::from_rows(Engine::Sqlite, rows.iter().map(Vec::as_slice)).unwrap()
}

/// The properties of everything but the table itself, a line for each.
fn told(sql: &str) -> Vec<String> {
    let fingerprint = table(sql);
    let objects = fingerprint.objects().iter().flat_map(|(id, object)| {
        object.iter().map(move |(property, value)| format!("{} | {property} | {value}", id.name))
    });
    objects.collect()
}

#[test]
fn a_table_is_told_by_its_columns_and_constraints() {
    let sql = "CREATE TABLE \"t\" (
        Id INTEGER CONSTRAINT pk PRIMARY KEY AUTOINCREMENT, -- the key
        \"order\" varchar(20) NOT NULL ON CONFLICT IGNORE DEFAULT 'a,(b' COLLATE NOCASE,
        owner_id int REFERENCES [owner] (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED NOT NULL,
        price REAL DEFAULT -1.5e-3 CHECK (price>=0 AND price<>x'00'),
        twice GENERATED ALWAYS AS (price*2) STORED,
        plain,
        UNIQUE (\"owner_id\", price DESC) ON CONFLICT REPLACE,
        CONSTRAINT positive CHECK (price > 0) CHECK (id > 0),
        FOREIGN KEY (owner_id, price) REFERENCES parent ON UPDATE CASCADE
    ) STRICT, WITHOUT ROWID";
    assert_eq!(
        told(sql),
        [
            "t | columns | id, \"order\", owner_id, price, twice, plain",
            "t | options | strict, without rowid",
            "Id | type | integer",
            "order | collation | nocase",
            "order | default | 'a,(b'",
            "order | not null | on conflict ignore",
            "order | type | varchar (20)",
            "owner_id | not null | true",
            "owner_id | type | int",
            "plain | type | ",
            "price | default | -1.5e-3",
            "price | type | real",
            "twice | generated | (price * 2) STORED",
            "twice | type | ",
            "CHECK (id > 0) | definition | check (id > 0)",
            "CHECK (price > 0) | definition | check (price > 0)",
            "CHECK (price > 0) | name | positive",
            "CHECK (price >= 0 and price <> x'00') | definition | check (price >= 0 and price <> x'00')",
            "FOREIGN KEY (owner_id) TO owner | definition | foreign key (owner_id) references owner (id) on delete set null deferrable initially deferred",
            "FOREIGN KEY (owner_id, price) TO parent | definition | foreign key (owner_id, price) references parent on update cascade",
            "PRIMARY KEY (id) | definition | primary key (id) autoincrement",
            "PRIMARY KEY (id) | name | pk",
            "UNIQUE (owner_id, price desc) | definition | unique (owner_id, price desc) on conflict replace",
        ]
    );
}

#[test]
fn what_is_written_otherwise_and_means_the_same_is_the_same() {
    let cases = [
        ("CREATE TABLE t (a int, b text)", "CREATE TABLE \"t\" ( `a` INT\n, [b] text /* x */ )"),
        ("CREATE TABLE t (a PRIMARY KEY)", "CREATE TABLE t (a, PRIMARY KEY (a))"),
        ("CREATE TABLE t (a UNIQUE)", "CREATE TABLE t (a, UNIQUE (\"a\"))"),
        ("CREATE TABLE t (a REFERENCES b (c))", "CREATE TABLE t (a, FOREIGN KEY (a) REFERENCES \"b\"(c))"),
        ("CREATE TABLE t (a CHECK (a IN (1,2)))", "CREATE TABLE t (a, CHECK(\"a\" in ( 1 , 2 )))"),
        ("CREATE TABLE t (a DEFAULT 1 NOT NULL)", "CREATE TABLE t (a NOT NULL DEFAULT 1)"),
    ];
    for (one, other) in cases {
        assert_eq!(table(one).diff(&table(other)).to_string(), "no difference", "{one}");
    }
}

#[test]
fn what_means_something_else_is_different() {
    let cases = [
        "a DEFAULT 'x'",
        "a DEFAULT \"order\"",
        "a DEFAULT X'78'",
        "a DEFAULT (x)",
        "a NOT NULL",
        "a int",
        "a COLLATE nocase",
        "a CHECK (a->>'b' = 1)",
        "a CHECK (a - -1)",
        "a CHECK (\"a b\" = 1)",
        "a AS (1)",
        "a AS (1) STORED",
    ];
    let tables: Vec<Fingerprint> =
        cases.iter().map(|columns| table(&format!("CREATE TABLE t ({columns})"))).collect();
    for (i, one) in tables.iter().enumerate() {
        for (j, other) in tables.iter().enumerate() {
            assert_eq!(one.diff(other).is_empty(), i == j, "{} | {}", cases[i], cases[j]);
        }
    }
}

#[test]
fn a_canonical_text_keeps_what_it_says() {
    let cases = [
        ("SELECT a.b,-1, - 2 FROM \"T\" WHERE c||d<=e -- f", "select a.b, -1, -2 from t where c || d <= e"),
        ("select .5+1e-5, count( * )", "select .5 + 1e-5, count (*)"),
        ("x->>'$.a'", "x ->> '$.a'"),
        ("a- -b", "a - -b"),
        ("\"select\" \"a b\" [c d] `e`", "\"select\" \"a b\" \"c d\" e"),
    ];
    for (sql, expected) in cases {
        assert_eq!(canonical(&tokens(sql)), expected);
    }
}
