use super::*;

fn fingerprint(rows: &[[&str; 6]]) -> Fingerprint {
    let rows: Vec<Vec<Value>> =
        rows.iter().map(|row| row.iter().map(|text| (*text).into()).collect()).collect();
    Fingerprint::from_rows(Engine::Postgres, rows.iter().map(Vec::as_slice)).unwrap()
}

const TABLE: [&str; 6] = ["table", "app", "", "orders", "columns", "id, note"];
const ID: [&str; 6] = ["column", "app", "orders", "id", "type", "bigint"];
const NOTE: [&str; 6] = ["column", "app", "orders", "note", "type", "text"];

/// What a difference shows of rows before and after, and whether the digests differ.
fn shown(before: &[[&str; 6]], after: &[[&str; 6]]) -> (String, bool) {
    let (before, after) = (fingerprint(before), fingerprint(after));
    (before.diff(&after).to_string(), before.digest() != after.digest())
}

#[test]
fn changes_are_told_by_object_and_property() {
    let view = |definition| ["view", "app", "", "v", "definition", definition];
    let cases = [
        (vec![TABLE, ID], vec![TABLE, ID], "no difference"),
        (vec![TABLE, ID], vec![TABLE, ID, NOTE], "added    column app.orders.note"),
        (vec![TABLE, ID, NOTE], vec![TABLE, ID], "removed  column app.orders.note"),
        // What belongs to a table goes with it.
        (vec![TABLE, ID, NOTE], vec![], "removed  table app.orders"),
        (
            vec![NOTE],
            vec![["column", "app", "orders", "note", "type", "citext"]],
            "changed  column app.orders.note: type text → citext",
        ),
        (
            vec![NOTE],
            vec![NOTE, ["column", "app", "orders", "note", "not null", "true"]],
            "changed  column app.orders.note: not null none → true",
        ),
        (
            vec![view("SELECT a,\n b\n FROM t")],
            vec![view("SELECT a,\n c,\n d\n FROM t")],
            "changed  view app.v: definition\n  -  b\n  +  c,\n  +  d",
        ),
        (
            vec![],
            vec![["index", "app", "Orders", "Odd \"name\"", "definition", ""]],
            "added    index app.\"Odd \"\"name\"\"\" of app.\"Orders\"",
        ),
        (
            vec![],
            vec![["sequence", "app", "", "orders_id_seq", "owned by", "app.orders.id"], ID],
            "added    column app.orders.id",
        ),
        (
            vec![],
            vec![["default-privileges", "app", "", "tables of admin", "grants to reader", "SELECT"]],
            "added    default privileges on tables of admin in app",
        ),
    ];
    for (before, after, expected) in cases {
        let (text, has_other_digest) = shown(&before, &after);
        assert_eq!(text, expected);
        assert_eq!(has_other_digest, text != "no difference", "{text}");
    }
}

#[test]
fn an_index_of_a_partitioned_table_is_not_created_without_its_partitions() {
    let undo = |definition: &str| {
        let index = ["index", "app", "orders", "by_note", "definition", definition];
        let removed = fingerprint(&[TABLE, index]).diff(&fingerprint(&[TABLE]));
        let [change] = &removed.changes[..] else { panic!("{removed}") };
        change.undo.as_ref().map(|undo| undo.sql.clone())
    };
    let of_table = "CREATE INDEX by_note ON app.orders USING btree (note)";
    assert_eq!(undo(of_table).as_deref(), Some(of_table));
    assert_eq!(undo("CREATE INDEX by_note ON ONLY app.orders USING btree (note)"), None);
}

#[test]
fn the_order_of_columns_is_a_difference_of_its_own() {
    let order = |columns| fingerprint(&[["table", "app", "", "orders", "columns", columns], ID]);
    let [one, other] = [order("id, \"a, b\", note"), order("id, note, \"a, b\"")];
    let difference = one.diff(&other);
    assert!(difference.is_column_order_only());
    assert_eq!(
        difference.to_string(),
        "changed  table app.orders: order of columns id, \"a, b\", note → id, note, \"a, b\""
    );
    assert_eq!(one.digest(), other.digest());
    // A column between two that stay where they are.
    assert!(order("id, note").diff(&order("id, new, note")).is_empty());
    assert!(!one.diff(&one).is_column_order_only());
}

#[test]
fn the_digest_tells_a_name_from_a_property() {
    let one = fingerprint(&[["table", "a", "", "b", "", ""]]);
    let other = fingerprint(&[["table", "", "a", "b", "", ""]]);
    assert_ne!(one.digest(), other.digest());
    assert_ne!(one.digest(), fingerprint(&[]).digest());
}

#[test]
fn each_kind_has_a_word() {
    for (number, (kind, word)) in ObjectKind::ALL.into_iter().enumerate() {
        assert_eq!((kind as usize, kind.as_str()), (number, word));
        assert_eq!(ObjectKind::from_word(word), Some(kind));
    }
}

#[test]
fn a_row_that_is_not_understood_is_an_error() {
    let unknown: Vec<Value> = ["planet", "", "", "x", "", ""].map(Value::from).into();
    let error = Fingerprint::from_rows(Engine::Sqlite, [unknown.as_slice()]).unwrap_err();
    assert!(error.contains("planet"), "{error}");
    let short = [Value::from("table")];
    assert!(Fingerprint::from_rows(Engine::Sqlite, [short.as_slice()]).is_err());
}
