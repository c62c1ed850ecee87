//! Random changes: what they do to a tenant's live rows, and that they do nothing to others.

use fastrand::Rng;
use migrate::scope::{Col, Error, Filter, Result, Scope, Table};
use migrate_tests::{Rows, Sandbox, Scoped, ask};

use crate::scope_oracle::query::{self, Condition, Maker, Of, Query, Source};
use crate::scope_oracle::world::{A, FACTS, World, customers, files, hidden, live, order_lines, orders};

#[derive(Clone, Debug)]
pub(crate) enum Change {
    Update(Of, i64, Condition),
    HardDelete(Of, Condition),
    SoftDelete(Of, Condition),
    /// A line for each row of a query.
    Insert(Query),
}

impl Change {
    pub(crate) fn make(rng: &mut Rng) -> Change {
        let kind = rng.u8(0..4);
        let of = rng.choice([Of::Customers, Of::Orders, Of::Lines, Of::Files]).unwrap();
        let target = Source { of, alias: of.name() };
        let mut maker = Maker::for_target(rng);
        let condition = maker.condition(&[target], 2);
        match (kind, of) {
            (0, _) => Change::Insert(maker.query(&[], 2).without_joins()),
            (1, _) => Change::Update(of, maker.rng.i64(0..9), condition),
            (2, _) | (_, Of::Files) => Change::HardDelete(of, condition),
            _ => Change::SoftDelete(of, condition),
        }
    }

    /// Does it to both, and says whether it changed anything.
    pub(crate) async fn holds<D: Scoped>(&self, world: &mut World<D>, at: &str) -> bool {
        let mut before = Vec::new();
        for table in &FACTS {
            before.push((live(&mut world.shared, table).await, hidden(&mut world.shared, table).await));
        }
        let done = self.send(&world.shared).await;
        let refused = self.repeat(&mut world.alone).await;
        match (&done, refused) {
            (Err(Error::Restricted { .. }), true) | (Ok(_), false) => {}
            _ => panic!("{at}: {done:?} where plain SQL was refused: {refused}\n{self:?}"),
        }
        let mut has_changed = false;
        for (table, (live_before, hidden_before)) in FACTS.iter().zip(&before) {
            let name = table.name;
            let now = live(&mut world.shared, table).await;
            let want = world.alone.rows(&format!("SELECT {} FROM {name} ORDER BY id", table.columns)).await;
            assert_eq!(now, want, "{at}: {name} after\n{self:?}");
            has_changed |= now != *live_before;
            let lost = live_before.iter().filter(|row| !now.contains(row)).cloned();
            let mut expected: Rows = hidden_before.clone();
            if matches!(self, Change::SoftDelete(..)) {
                expected.extend(lost);
            }
            let mut hidden_now = hidden(&mut world.shared, table).await;
            if name == "files" {
                // One that a hard delete of its order orphaned is hidden from then on.
                hidden_now.retain(|row| expected.contains(row));
            }
            expected.sort();
            hidden_now.sort();
            assert_eq!(hidden_now, expected, "{at}: what is not A's in {name} after\n{self:?}");
        }
        has_changed
    }

    /// With the builder.
    async fn send<D: Scoped>(&self, database: &D) -> Result<()> {
        let scope = Scope::tenant(A);
        match self {
            Change::Update(of, number, condition) => {
                let filter = condition.filter(&scope, query::Rows::Live);
                update(database, &scope, *of, *number, filter).await.map(drop)
            }
            Change::HardDelete(of, condition) => {
                let filter = condition.filter(&scope, query::Rows::Live);
                match of {
                    Of::Customers => ask!(database: D, scope.hard_delete(customers).filter(filter), execute),
                    Of::Orders => ask!(database: D, scope.hard_delete(orders).filter(filter), execute),
                    Of::Lines => ask!(database: D, scope.hard_delete(order_lines).filter(filter), execute),
                    _ => ask!(database: D, scope.hard_delete(files).filter(filter), execute),
                }
                .map(drop)
            }
            Change::SoftDelete(of, condition) => {
                let filter = condition.filter(&scope, query::Rows::Live);
                match of {
                    Of::Customers => ask!(database: D, scope.soft_delete(customers).filter(filter), execute),
                    Of::Orders => ask!(database: D, scope.soft_delete(orders).filter(filter), execute),
                    _ => ask!(database: D, scope.soft_delete(order_lines).filter(filter), execute),
                }
                .map(drop)
            }
            Change::Insert(query) => query.insert(database, &scope).await.map(drop),
        }
    }

    /// As plain SQL on the database that holds nothing else. Whether the change is to be refused.
    async fn repeat(&self, alone: &mut impl Sandbox) -> bool {
        match self {
            Change::Update(of, number, condition) => {
                let (name, column) = (of.name(), of.amount());
                let condition = condition.plain();
                let sql = format!("UPDATE {name} SET {column} = {column} + {number} WHERE {condition}");
                alone.execute(&sql).await;
            }
            Change::HardDelete(of, condition) => {
                alone.execute(&format!("DELETE FROM {} WHERE {}", of.name(), condition.plain())).await;
                if *of == Of::Orders {
                    alone.execute(ORPHANS).await;
                }
            }
            Change::SoftDelete(of, condition) => {
                let name = of.name();
                let ids = format!("SELECT {name}.id FROM {name} WHERE {}", condition.plain());
                let ids = alone.column(&ids).await;
                let ids = if ids.is_empty() { "NULL".to_owned() } else { ids.join(", ") };
                let keeping = format!("SELECT id FROM orders WHERE customer_id IN ({ids})");
                if *of == Of::Customers && !alone.rows(&keeping).await.is_empty() {
                    return true;
                }
                if *of == Of::Orders {
                    alone.execute(&format!("DELETE FROM order_lines WHERE order_id IN ({ids})")).await;
                }
                alone.execute(&format!("DELETE FROM {name} WHERE id IN ({ids})")).await;
                if *of == Of::Orders {
                    alone.execute(ORPHANS).await;
                }
            }
            Change::Insert(query) => {
                let root = query.root;
                let (alias, from) = (root.alias.replace('"', "\"\""), query.plain());
                let sql = format!(
                    "INSERT INTO order_lines (id, business_id, price, product)
                     SELECT \"{alias}\".id + 1000, 1, \"{alias}\".{}, \"{alias}\".{}{from}",
                    root.of.amount(),
                    root.of.text()
                );
                alone.execute(&sql).await;
            }
        }
        false
    }
}

/// A file hides with its order, and is not seen without it.
const ORPHANS: &str =
    "DELETE FROM files WHERE order_id IS NOT NULL AND order_id NOT IN (SELECT id FROM orders)";

async fn update<D: Scoped>(database: &D, scope: &Scope, of: Of, number: i64, filter: Filter) -> Result<u64> {
    fn column<T: Table>(of: Of) -> Col<T, i64> {
        of.column(of.name(), of.amount())
    }
    match of {
        Of::Customers => {
            let amount = column::<customers>(of);
            ask!(database: D, scope.update(customers).set(amount, amount.plus(number)).filter(filter), execute)
        }
        Of::Orders => {
            let amount = column::<orders>(of);
            ask!(database: D, scope.update(orders).set(amount, amount.plus(number)).filter(filter), execute)
        }
        Of::Lines => {
            let amount = column::<order_lines>(of);
            ask!(database: D, scope.update(order_lines).set(amount, amount.plus(number)).filter(filter), execute)
        }
        _ => {
            let amount = column::<files>(of);
            ask!(database: D, scope.update(files).set(amount, amount.plus(number)).filter(filter), execute)
        }
    }
}
