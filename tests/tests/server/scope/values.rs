//! Which values an engine knows. Both are turned on here: neither takes from what the other can do.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use migrate::Dialect;
use migrate::scope::{Both, Error, FromRow, InvalidStatement, Postgres, Sqlite, tables, value};
use migrate_tests::ask;

use crate::scope::cases;
use crate::scope::shop::{Shop, a};

cases! {
    what_postgres_alone_knows_serves_there,
    what_sqlite_alone_knows_serves_there,
    what_both_know_serves_everywhere,
}

/// A type of one's own.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cents(i64);

value!(Cents: postgres, sqlite);

impl tokio_postgres::types::ToSql for Cents {
    fn to_sql(
        &self,
        ty: &tokio_postgres::types::Type,
        out: &mut tokio_postgres::types::private::BytesMut,
    ) -> Result<tokio_postgres::types::IsNull, Box<dyn std::error::Error + Sync + Send>> {
        self.0.to_sql(ty, out)
    }

    fn accepts(ty: &tokio_postgres::types::Type) -> bool {
        <i64 as tokio_postgres::types::ToSql>::accepts(ty)
    }

    tokio_postgres::types::to_sql_checked!();
}

impl<'a> tokio_postgres::types::FromSql<'a> for Cents {
    fn from_sql(
        ty: &tokio_postgres::types::Type,
        raw: &'a [u8],
    ) -> Result<Cents, Box<dyn std::error::Error + Sync + Send>> {
        i64::from_sql(ty, raw).map(Cents)
    }

    fn accepts(ty: &tokio_postgres::types::Type) -> bool {
        <i64 as tokio_postgres::types::FromSql<'_>>::accepts(ty)
    }
}

impl rusqlite::ToSql for Cents {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(self.0.into())
    }
}

impl rusqlite::types::FromSql for Cents {
    fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Cents> {
        i64::column_result(value).map(Cents)
    }
}

tables! {
    tenant = business_id;
    servers {
        id: i64, business_id: i64, tags: Vec<String>, maybe: Option<Vec<Option<i64>>>, address: IpAddr,
        seen: SystemTime, wrapped: Postgres<IpAddr>, counts: Vec<Cents>,
    }
    gauges { id: i64, business_id: i64, small: u8, medium: u16, maybe: Option<u16>, wrapped: Sqlite<u8> }
    prices {
        id: i64, business_id: i64, cents: Cents, maybe: Option<Cents>, wrapped: Both<i64>, narrow: f32, word: Box<str>,
        blob: Vec<u8>,
    }
    labels { id: i64, business_id: i64, words: HashMap<String, Option<String>> }
}

#[derive(Debug, PartialEq, FromRow)]
struct Server {
    tags: Vec<String>,
    maybe: Option<Vec<Option<i64>>>,
    address: IpAddr,
    seen: SystemTime,
    wrapped: Postgres<IpAddr>,
    counts: Vec<Cents>,
}

fn is_foreign<T: std::fmt::Debug>(sent: migrate::scope::Result<T>, name: &str) {
    let error = sent.unwrap_err();
    let Error::Invalid(InvalidStatement::ForeignValue { value, .. }) = error else { panic!("{error:?}") };
    assert!(value.contains(name), "{value}");
}

async fn what_postgres_alone_knows_serves_there<S: Shop>(mut shop: S) {
    let address: IpAddr = "192.168.0.7".parse().unwrap();
    let tags = || vec!["a".to_owned(), "b,\"c".to_owned()];
    let seen = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let insert = a()
        .insert(servers)
        .set(servers.id, 1)
        .set(servers.tags, tags())
        .set(servers.maybe, vec![Some(3), None])
        .set(servers.address, address)
        .set(servers.seen, seen)
        .set(servers.wrapped, address)
        .set(servers.counts, vec![Cents(5)]);
    if S::DIALECT == Dialect::Sqlite {
        shop.execute("CREATE TABLE servers (id bigint, business_id bigint, tags text)").await;
        is_foreign(ask!(shop: S, insert, execute), "Vec<alloc::string::String>");
        is_foreign(ask!(shop: S, a().select(servers).filter(servers.address.eq(address)), count), "IpAddr");
        let words = a().insert(labels).set(labels.words, HashMap::new());
        is_foreign(ask!(shop: S, words, execute), "HashMap");
        let wrapped = a().select(servers).filter(servers.wrapped.in_([address]));
        is_foreign(ask!(shop: S, wrapped, count), "Postgres<");
        shop.execute("INSERT INTO servers VALUES (1, 1, 'x')").await;
        let read = ask!(shop: S, a().select(servers).key(1).columns(servers.id), one).unwrap();
        assert_eq!(read, 1, "a table may have columns that the engine does not know");
        return;
    }
    shop.execute(
        "CREATE TABLE servers (id bigint, business_id bigint, tags text[], maybe bigint[], address inet,
         seen timestamptz, wrapped inet, counts bigint[])",
    )
    .await;
    ask!(shop: S, insert, execute).unwrap();
    let found = a().select(servers).filter(servers.tags.eq(tags()).and(servers.address.eq(address)));
    let row: Server = ask!(shop: S, found, one).unwrap();
    let want = Server {
        tags: tags(),
        maybe: Some(vec![Some(3), None]),
        address,
        seen,
        wrapped: Postgres(address),
        counts: vec![Cents(5)],
    };
    assert_eq!(row, want);
    ask!(shop: S, a().update(servers).key(1).set(servers.maybe, None), one).unwrap();
    let read = ask!(shop: S, a().select(servers).columns((servers.maybe, servers.seen.max())), one);
    assert!(read.is_err(), "an aggregate beside a column is for the server to refuse");
    let read = ask!(shop: S, a().select(servers).columns((servers.maybe, servers.wrapped)), one).unwrap();
    assert_eq!(read, (None, Postgres(address)));
}

async fn what_sqlite_alone_knows_serves_there<S: Shop>(mut shop: S) {
    shop.execute(
        "CREATE TABLE gauges (id bigint, business_id bigint, small int, medium int, maybe int, wrapped int)",
    )
    .await;
    let insert =
        a().insert(gauges).set(gauges.id, 1).set(gauges.small, 200_u8).set(gauges.medium, 60_000_u16);
    let insert = insert.set(gauges.maybe, None).set(gauges.wrapped, 7_u8);
    let read = a().select(gauges).columns((gauges.small, gauges.medium, gauges.maybe, gauges.wrapped));
    if S::DIALECT == Dialect::Postgres {
        is_foreign(ask!(shop: S, insert, execute), "u8");
        is_foreign(ask!(shop: S, a().select(gauges).filter(gauges.medium.gt(1)), count), "u16");
        shop.execute("INSERT INTO gauges VALUES (1, 1, 1, 1, 1, 1)").await;
        let unread = ask!(shop: S, read, one).unwrap_err();
        assert_eq!(
            unread.to_string(),
            "cannot read the column `small` (int4) as `u8`: PostgreSQL has no values of the Rust type `u8`; take one that it \
             knows"
        );
        return;
    }
    ask!(shop: S, insert, execute).unwrap();
    assert_eq!(ask!(shop: S, read, one).unwrap(), (200, 60_000, None, Sqlite(7)));
}

async fn what_both_know_serves_everywhere<S: Shop>(mut shop: S) {
    let blob = if S::DIALECT == Dialect::Sqlite { "blob" } else { "bytea" };
    shop.execute(&format!(
        "CREATE TABLE prices (id bigint, business_id bigint, cents bigint, maybe bigint, wrapped bigint, narrow real,
         word text, blob {blob})"
    ))
    .await;
    let insert = a().insert(prices).set(prices.id, 1).set(prices.cents, Cents(5)).set(prices.maybe, Cents(6));
    let insert = insert.set(prices.wrapped, 7).set(prices.narrow, 0.5).set(prices.word, Box::from("w"));
    ask!(shop: S, insert.set(prices.blob, vec![0_u8, 255]), execute).unwrap();
    let read = a().select(prices).filter(prices.cents.eq(Cents(5)).and(prices.wrapped.between(1, 9)));
    let columns = (prices.cents, prices.maybe, prices.wrapped, prices.narrow, prices.word, prices.blob);
    let want = (Cents(5), Some(Cents(6)), Both(7), 0.5, Box::from("w"), vec![0, 255]);
    assert_eq!(ask!(shop: S, read.columns(columns), one).unwrap(), want);
}
