//! What an error says: nothing of another tenant's rows.

use std::error::Error as _;
use std::fmt::Write as _;

use migrate::scope::{Error, raw, tables};
use migrate_tests::ask;

use crate::scope::cases;
use crate::scope::shop::{Shop, a, customers, order_lines, orders};

cases! {
    without policies:
    an_error_holds_no_values,
}

tables! {
    tenant = business_id;
    bookings { id: i64, business_id: i64, during: String }
}

/// All that can be had of an error.
fn told(error: &Error) -> String {
    let mut told = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(error) = source {
        write!(told, " {error} {error:?} {error:#?}").unwrap();
        source = error.source();
    }
    told
}

fn names_nothing_of_b(error: &Error, values: &[&str]) -> String {
    let told = told(error);
    for value in values {
        assert!(!told.contains(value), "{value} in {told}");
    }
    told
}

async fn an_error_holds_no_values<S: Shop>(mut shop: S) {
    let is_sqlite = S::DIALECT == migrate::Dialect::Sqlite;
    shop.execute("CREATE UNIQUE INDEX emails ON customers (email)").await;
    let taken =
        a().insert(customers).set(customers.id, 90).set(customers.email, "bob@b").set(customers.name, "x");
    let taken = ask!(shop: S, taken, execute).unwrap_err();
    let said = names_nothing_of_b(&taken, &["bob@b", "Bobby"]);
    let Error::Database(refused) = &taken else { panic!("{taken:?}") };
    assert!(refused.is_unique_violation());
    assert!(
        said.contains(if is_sqlite {
            "UNIQUE constraint failed: customers.email"
        } else {
            "\"emails\" (23505)"
        }),
        "{said}"
    );

    // What is not visible is evaluated too, if the planner likes.
    shop.execute("UPDATE orders SET note = 'sesame of b' WHERE business_id = 2").await;
    let cast =
        if is_sqlite { "json_extract(orders.note, '$.x') = 1" } else { "CAST(orders.note AS bigint) > 0" };
    let _ = ask!(shop: S, a().select(orders).filter(raw(cast).filter()), count)
        .map_err(|error| names_nothing_of_b(&error, &["sesame"]));
    if is_sqlite {
        shop.execute("UPDATE orders SET note = 'sesame' WHERE id = 1").await;
        let path = raw("json_extract('{}', orders.note) = 1").filter();
        let failed = ask!(shop: S, a().select(orders).filter(path), count).unwrap_err();
        names_nothing_of_b(&failed, &["sesame"]);
        return;
    }
    let failed = a().update(orders).set(orders.note, "sesame").key(1);
    ask!(shop: S, failed, one).unwrap();
    let failed = ask!(shop: S, a().select(orders).filter(raw(cast).filter()), count).unwrap_err();
    let said = names_nothing_of_b(&failed, &["sesame"]);
    assert!(said.contains("a text is no value of the type that it is to be (22P02)"), "{said}");

    shop.execute(
        "CREATE TABLE bookings (id bigint PRIMARY KEY, business_id bigint NOT NULL, during tsrange NOT NULL,
             CONSTRAINT one_at_a_time EXCLUDE USING gist (during WITH &&));
         INSERT INTO bookings VALUES (1, 2, '[2027-01-03, 2027-01-09)')",
    )
    .await;
    let overlap = a().insert(bookings).set(bookings.id, 2).set(bookings.during, "[2027-01-08,2027-02-01)");
    let overlap = ask!(shop: S, overlap, execute).unwrap_err();
    names_nothing_of_b(&overlap, &["2027"]);
    let Error::Database(refused) = &overlap else { panic!("{overlap:?}") };
    assert_eq!(refused.code(), Some("23P01"));
    assert_eq!((refused.constraint(), refused.table()), (Some("one_at_a_time"), Some("bookings")));

    let orphan = a().insert(order_lines).set(order_lines.id, 91).set(order_lines.order_id, 4711);
    let orphan = orphan.set(order_lines.product, "x").set(order_lines.price, 1);
    let orphan = ask!(shop: S, orphan, execute).unwrap_err();
    let said = names_nothing_of_b(&orphan, &["4711"]);
    assert!(said.contains("23503"), "{said}");

    // A function of the application says what it likes, but for the rest of the message.
    shop.execute(
        "CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             RAISE EXCEPTION 'not today' USING DETAIL = 'sesame 1', HINT = 'sesame 2'; END $$;
         CREATE TRIGGER tell BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION tell()",
    )
    .await;
    let raised = ask!(shop: S, a().update(orders).key(1).set(orders.total, 3), one).unwrap_err();
    let said = names_nothing_of_b(&raised, &["sesame", "tell()"]);
    assert!(said.contains("not today (P0001)"), "{said}");
}
