//! Which rows of old tables a query returns, and what its columns are made of.
//!
//! In comes the FROM and the column list of a query, out come [`Rows`]. `SELECT id, upper(a) AS a FROM t WHERE b > 1`, with
//! `t` an old table, gives one [`Taken`]: source `t`, one loss (the condition), and two values, `id` as it was and
//! `upper(a)`, which reads `a`. Copies of copies are followed through new tables, subqueries and WITH.
//!
//! A value counts as kept if it reads the old column, whatever the expression makes of it: whether `upper(a)` is what the
//! author meant, no rule can decide.

use std::collections::{BTreeMap, BTreeSet};

use migrate_core::Span;

use crate::schema::{Schema, Table};
use crate::sql::{ColumnName, Conflict, Cut, From, Name, Selected, Selection, Source};

/// The names of the row number, which every table has besides its columns.
const ROW_NUMBER: [&str; 3] = ["rowid", "oid", "_rowid_"];

/// The most copies that are followed in one table. Tables that are copied into each other double theirs with each
/// statement.
const MAX_COPIES: usize = 64;

/// The most causes of loss that are kept for one copy.
const MAX_LOSSES: usize = 16;

/// What a new table holds of old tables.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    /// The columns of the table, if the schema does not know them: after `CREATE TABLE AS`.
    pub(super) columns: Option<Vec<String>>,
    pub(super) copies: Vec<Copy>,
}

impl Held {
    pub(super) fn add(&mut self, copy: Copy) {
        if self.copies.len() < MAX_COPIES {
            self.copies.push(copy);
        }
    }

    pub(super) fn lose(&mut self, loss: &Loss) {
        self.copies.iter_mut().for_each(|copy| add(&mut copy.losses, loss.clone()));
    }
}

fn add(losses: &mut Vec<Loss>, loss: Loss) {
    if losses.len() < MAX_LOSSES {
        losses.push(loss);
    }
}

/// The rows of an old table that a statement copied.
#[derive(Clone, Debug)]
pub(super) struct Copy {
    /// The old table, by the name that it had before the script.
    pub(super) source: Name,
    /// The statement that copied them.
    pub(super) at: Span,
    /// What may have kept rows out of the copy.
    pub(super) losses: Vec<Loss>,
    /// The primary key of the old table.
    pub(super) key: Vec<String>,
    /// Whether SQLite may copy the pages as they are, `INSERT INTO t SELECT * FROM u` with two tables of one form. It
    /// does not notice then that references to the rows hold again.
    pub(super) is_moved: bool,
    /// What each column holds. `None` if the columns are not known.
    pub(super) values: Option<BTreeMap<String, Value>>,
}

/// What may keep rows of a table out of a copy, and the statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Loss {
    pub(super) at: Span,
    pub(super) cause: Cause,
}

/// Why rows may be missing in a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// A condition, DISTINCT, GROUP BY, LIMIT, … of the query.
    Query(Cut),
    /// A join with another table.
    Join,
    /// `INSERT OR IGNORE` and the like.
    Conflict(Conflict),
    /// A DELETE on the copy.
    Deleted,
}

/// What a column is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Value {
    /// The columns of the old table that it reads.
    pub(super) reads: BTreeSet<String>,
    /// Whether it is one of these columns unchanged.
    pub(super) is_column: bool,
    /// The expression, as a message shows it.
    pub(super) text: String,
}

/// The result of a query.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    /// The names of its columns, if all are known.
    pub(super) columns: Option<Vec<String>>,
    pub(super) copies: Vec<Taken>,
}

/// The rows of an old table in the result of a query.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) source: Name,
    pub(super) losses: Vec<Loss>,
    /// What each column of the result holds.
    pub(super) values: Option<Vec<Value>>,
    /// The primary key of the old table. DISTINCT loses no row if the result has the key.
    pub(super) key: Vec<String>,
}

/// The tables as they are at a place of the script.
pub(super) struct Tables<'a> {
    pub(super) schema: &'a Schema,
    /// What the new tables hold.
    pub(super) held: &'a BTreeMap<Name, Held>,
    /// Old tables that were renamed: from the present name to the first.
    pub(super) renamed: &'a BTreeMap<Name, Name>,
    /// The statement at this place.
    pub(super) at: Span,
}

impl Tables<'_> {
    /// The rows that a query returns.
    pub(super) fn of(&self, selection: &Selection) -> Rows {
        let items: Vec<Item<'_>> = selection.from.iter().map(|from| self.item(from)).collect();
        let mut taken: Vec<(usize, Taken)> = Vec::new();
        for (number, item) in items.iter().enumerate() {
            // The limit holds for the query as a whole, or its result would have up to 64 copies for each item.
            let room = MAX_COPIES - taken.len();
            taken.extend(item.rows.copies.iter().take(room).map(|copy| (number, copy.clone())));
        }
        let results: Option<Vec<Result>> =
            selection.columns.iter().map(|column| results(column, &items)).collect();
        let results: Option<Vec<Output>> = results.map(|results| results.into_iter().flatten().collect());
        let mut rows = Rows::default();
        for (number, mut copy) in taken {
            let values: Option<Vec<Value>> = results
                .as_ref()
                .map(|results| results.iter().map(|output| output.value(number, &copy, &items)).collect());
            for cut in &selection.cuts {
                if !copy.keeps_all(cut, values.as_deref(), &items[number]) {
                    add(&mut copy.losses, Loss { at: self.at, cause: Cause::Query(cut.clone()) });
                }
            }
            copy.values = values;
            rows.copies.push(copy);
        }
        rows.columns = results.map(|results| results.into_iter().map(|output| output.name).collect());
        rows
    }

    /// An item of FROM with its rows. If a join may lose rows of it, each copy gets that loss.
    fn item<'s>(&self, from: &'s From) -> Item<'s> {
        let mut rows = self.source(&from.source);
        if from.joined {
            let loss = Loss { at: self.at, cause: Cause::Join };
            rows.copies.iter_mut().for_each(|copy| add(&mut copy.losses, loss.clone()));
        }
        Item { alias: from.alias.as_deref(), rows }
    }

    /// The rows of a source: a table, a subquery, or several joined by UNION.
    fn source(&self, source: &Source) -> Rows {
        match source {
            Source::Table(name) => self.table(name),
            Source::Query(query) => self.of(query),
            Source::Named(query, names) => Rows { columns: Some(names.clone()), ..self.of(query) },
            Source::Union(parts) => {
                let mut parts = parts.iter().map(|part| self.of(part));
                let mut all = parts.next().unwrap_or_default();
                parts.for_each(|part| all.copies.extend(part.copies));
                all
            }
            Source::Other => Rows::default(),
        }
    }

    /// The rows of a whole table.
    fn table(&self, name: &Name) -> Rows {
        let name = self.schema.resolve(name);
        let held = self.held.get(&name);
        let columns = self.columns(&name);
        let taken = |copy: &Copy| Taken {
            source: copy.source.clone(),
            losses: copy.losses.clone(),
            values: copy.values.as_ref().zip(columns.as_ref()).map(|(values, columns)| {
                columns.iter().map(|column| values.get(column).cloned().unwrap_or_default()).collect()
            }),
            key: copy.key.clone(),
        };
        let copies = if self.schema.is_new(&name) {
            held.into_iter().flat_map(|held| &held.copies).map(taken).collect()
        } else {
            let key = self.schema.table(&name).and_then(Table::primary_key).unwrap_or_default();
            vec![Taken {
                source: self.renamed.get(&name).unwrap_or(&name).clone(),
                losses: Vec::new(),
                values: columns.as_ref().map(|columns| columns.iter().map(Value::of_column).collect()),
                key: key.to_vec(),
            }]
        };
        Rows { columns, copies }
    }

    /// The columns of a table, if all are known.
    pub(super) fn columns(&self, name: &Name) -> Option<Vec<String>> {
        let held = self.held.get(name).and_then(|held| held.columns.clone());
        held.or_else(|| {
            let table = self.schema.table(name).filter(|table| table.columns_are_complete)?;
            Some(table.columns.iter().map(|column| column.name.clone()).collect())
        })
    }

    /// The columns that an INSERT without a list writes.
    pub(super) fn written(&self, name: &Name) -> Option<Vec<String>> {
        let table = self.schema.table(name);
        let is_written = |column: &String| {
            let known = table.and_then(|table| table.column(column));
            known.is_none_or(|column| column.generated.is_none())
        };
        self.columns(name).map(|columns| columns.into_iter().filter(is_written).collect())
    }
}

/// A table or subquery in FROM, and its rows.
struct Item<'s> {
    alias: Option<&'s str>,
    rows: Rows,
}

impl Item<'_> {
    /// The number of a column.
    fn position(&self, column: &str) -> Option<usize> {
        self.rows.columns.as_ref()?.iter().position(|known| known == column)
    }

    /// Whether a name may mean a column of this item. If the columns are not known, any name may.
    fn may_have(&self, name: &ColumnName) -> bool {
        match &name.table {
            Some(table) => self.alias == Some(table.as_str()),
            None => {
                self.rows.columns.is_none()
                    || self.position(&name.column).is_some()
                    || ROW_NUMBER.contains(&name.column.as_str())
            }
        }
    }
}

/// The columns that one entry of the column list gives: `*` gives several.
type Result = Vec<Output>;

/// A column of the result.
struct Output {
    name: String,
    made: Made,
}

enum Made {
    /// A column of an item in FROM: the number of the item, and that of the column.
    Column(usize, usize),
    Expression {
        reads: Vec<ColumnName>,
        is_column: bool,
        text: String,
    },
}

/// The columns that an entry of the list gives. `None` if it is `*` over unknown columns.
fn results(selected: &Selected, items: &[Item<'_>]) -> Option<Result> {
    match selected {
        Selected::All(table) => {
            let meant = items
                .iter()
                .enumerate()
                .filter(|(_, item)| table.is_none() || item.alias == table.as_deref());
            let mut outputs = Vec::new();
            for (number, item) in meant {
                let columns = item.rows.columns.as_ref()?.iter().enumerate();
                outputs.extend(
                    columns.map(|(at, name)| Output { name: name.clone(), made: Made::Column(number, at) }),
                );
            }
            Some(outputs)
        }
        Selected::Value { name, reads, is_column, text } => {
            let made = Made::Expression { reads: reads.clone(), is_column: *is_column, text: text.clone() };
            Some(vec![Output { name: name.clone().unwrap_or_else(|| text.clone()), made }])
        }
    }
}

impl Output {
    /// What the column holds of one copy in an item.
    fn value(&self, item: usize, copy: &Taken, items: &[Item<'_>]) -> Value {
        match &self.made {
            Made::Column(of, at) if *of == item => copy.value(*at),
            Made::Column(..) => Value { text: self.name.clone(), ..Value::default() },
            Made::Expression { reads, is_column, text } => {
                let of_item = &items[item];
                let mut value = Value { text: text.clone(), ..Value::default() };
                let read = reads.iter().filter(|name| of_item.may_have(name));
                for name in read {
                    let inner = copy.named(of_item, &name.column);
                    value.is_column = *is_column && inner.is_column;
                    value.reads.extend(inner.reads);
                }
                value
            }
        }
    }
}

impl Taken {
    fn value(&self, at: usize) -> Value {
        self.values.as_ref().and_then(|values| values.get(at)).cloned().unwrap_or_default()
    }

    /// What a column of the item holds, by its name. The row number is the primary key if that is one column.
    fn named(&self, item: &Item<'_>, column: &str) -> Value {
        match (item.position(column), &self.values) {
            (Some(at), Some(_)) => self.value(at),
            (None, Some(_)) => match self.key.as_slice() {
                [key] if ROW_NUMBER.contains(&column) => Value::of_column(key),
                _ => Value::default(),
            },
            (_, None) => Value::of_column(&column.to_owned()),
        }
    }

    /// Whether a cut leaves out no row: DISTINCT and GROUP BY do not if the primary key is in the result.
    fn keeps_all(&self, cut: &Cut, values: Option<&[Value]>, item: &Item<'_>) -> bool {
        let has = |columns: &mut dyn Iterator<Item = Value>| {
            let kept: BTreeSet<String> =
                columns.filter(|value| value.is_column).flat_map(|value| value.reads).collect();
            !self.key.is_empty() && self.key.iter().all(|column| kept.contains(column))
        };
        match cut {
            Cut::Distinct => has(&mut values.unwrap_or_default().iter().cloned()),
            Cut::Group(keys) => has(&mut keys.iter().map(|key| self.named(item, key))),
            Cut::Condition(_) | Cut::Other(_) => false,
        }
    }
}

impl Value {
    #[expect(clippy::ptr_arg, reason = "it is mapped over names")]
    fn of_column(name: &String) -> Value {
        Value { reads: BTreeSet::from([name.clone()]), is_column: true, text: name.clone() }
    }
}
