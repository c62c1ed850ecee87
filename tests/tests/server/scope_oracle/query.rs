//! Random queries: made, written as plain SQL, and built with the builder.

use std::fmt::Write;
use std::sync::LazyLock;

use fastrand::Rng;
use migrate::scope::{
    Col, Expression, Filter, Global, JoinKind, Operand, Projection, Reads, Scope, Select, Table, Unscoped,
    count_all, exists, raw,
};

use crate::scope_oracle::world::{WORDS, currencies, customers, files, order_lines, orders};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Of {
    Customers,
    Orders,
    Lines,
    Files,
    Currencies,
}

impl Of {
    const ALL: [Of; 5] = [Of::Customers, Of::Orders, Of::Lines, Of::Files, Of::Currencies];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Of::Customers => "customers",
            Of::Orders => "orders",
            Of::Lines => "order_lines",
            Of::Files => "files",
            Of::Currencies => "currencies",
        }
    }

    fn numbers(self) -> &'static [&'static str] {
        match self {
            Of::Customers => &["id", "boss_id", "points"],
            Of::Orders => &["id", "customer_id", "total"],
            Of::Lines => &["id", "order_id", "price"],
            Of::Files => &["id", "order_id", "size"],
            Of::Currencies => &["id", "rank"],
        }
    }

    /// A number that is no key.
    pub(crate) fn amount(self) -> &'static str {
        self.numbers().last().unwrap()
    }

    pub(crate) fn text(self) -> &'static str {
        match self {
            Of::Orders => "note",
            Of::Lines => "product",
            _ => "name",
        }
    }
}

impl Of {
    /// A column under another name of the table, as a type that does for all of them.
    pub(crate) fn column<T, V>(self, alias: &'static str, name: &str) -> Col<T, V> {
        let (table, handle) = match self {
            Of::Customers => (customers::definition(), customers.alias(alias).handle()),
            Of::Orders => (orders::definition(), orders.alias(alias).handle()),
            Of::Lines => (order_lines::definition(), order_lines.alias(alias).handle()),
            Of::Files => (files::definition(), files.alias(alias).handle()),
            Of::Currencies => (currencies::definition(), currencies.alias(alias).handle()),
        };
        Col::new(handle, table.columns.iter().position(|column| *column == name).unwrap())
    }
}

/// A table of a query under its name there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source {
    pub(crate) of: Of,
    pub(crate) alias: &'static str,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    of: Of,
    alias: &'static str,
    name: &'static str,
}

#[derive(Clone, Debug)]
pub(crate) enum Right {
    Number(i64),
    Column(Column),
}

#[derive(Clone, Debug)]
pub(crate) enum Condition {
    Compare(Column, &'static str, Right),
    IsNull(Column),
    In(Column, Vec<i64>),
    Contains(Column, &'static str),
    Equals(Column, &'static str),
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Raw(&'static str),
    Exists(Box<Query>),
    InQuery(Column, Box<Query>, Column),
    Scalar(Column, &'static str, &'static str, Box<Query>, Column),
}

#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) root: Source,
    joins: Vec<(JoinKind, Source, Condition)>,
    pub(crate) condition: Condition,
}

/// What is asked of a query.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Rows { columns: [Column; 4], is_distinct: bool, page: Option<(u64, u64)> },
    Totals([Column; 4]),
    Groups([Column; 4], i64),
}

/// Names for the tables of a query, some of which are those of other tables. A query holds fewer.
static ALIASES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let mut aliases = plain_aliases();
    for (at, alias) in [(1, "customers"), (3, "orders"), (6, "files"), (7, "a \"quoted\" one")] {
        aliases[at] = alias;
    }
    aliases
});

static PLAIN_ALIASES: LazyLock<Vec<&'static str>> = LazyLock::new(plain_aliases);

fn plain_aliases() -> Vec<&'static str> {
    (0..100).map(|number| &*format!("t{number}").leak()).collect()
}

const OPERATORS: [&str; 6] = ["=", "<>", "<", "<=", ">", ">="];
const RAWS: [&str; 5] =
    ["1 = 1 OR 1 = 0", "1 = 0 OR 1 = 1", "NOT (1 = 0) OR 1 = 0", "length('(') = 1 OR 1 = 1", "1 = 0"];
const FUNCTIONS: [&str; 4] = ["min", "max", "sum", "count"];

/// Makes queries whose tables have names that none of those around them has.
pub(crate) struct Maker<'r> {
    pub(crate) rng: &'r mut Rng,
    aliases: &'static [&'static str],
    next: usize,
}

impl Maker<'_> {
    pub(crate) fn new(rng: &mut Rng) -> Maker<'_> {
        Maker { rng, aliases: &ALIASES, next: 0 }
    }

    /// For a statement whose target goes by the name of its table: no other source may bear it.
    pub(crate) fn for_target(rng: &mut Rng) -> Maker<'_> {
        Maker { rng, aliases: &PLAIN_ALIASES, next: 0 }
    }

    fn source(&mut self) -> Source {
        let of = self.rng.choice(Of::ALL).unwrap();
        let alias = self.aliases[self.next];
        self.next += 1;
        Source { of, alias }
    }

    pub(crate) fn query(&mut self, outer: &[Source], depth: u32) -> Query {
        let root = self.source();
        let mut seen = outer.to_vec();
        let mut own = vec![root];
        seen.push(root);
        let mut joins = Vec::new();
        for _ in 0..[0, 0, 1, 1, 2][self.rng.usize(0..5)] {
            let joined = self.source();
            let left = self.number(&own);
            let right = self.number(&[joined]);
            own.push(joined);
            seen.push(joined);
            let mut on = Condition::Compare(left, "=", Right::Column(right));
            let mut kind = self.rng.choice([JoinKind::Inner, JoinKind::Left, JoinKind::Right]).unwrap();
            match self.rng.u8(0..8) {
                // PostgreSQL joins fully on an equality alone.
                0 => kind = JoinKind::Full,
                1 if own.len() == 2 => on = Condition::Raw("1 = 1 OR 1 = 0"),
                2 => on = Condition::All(vec![on, self.leaf(&own)]),
                3 => on = Condition::Any(vec![on, self.leaf(&own)]),
                _ => {}
            }
            joins.push((kind, joined, on));
        }
        let condition = self.condition(&seen, depth);
        Query { root, joins, condition }
    }

    pub(crate) fn condition(&mut self, seen: &[Source], depth: u32) -> Condition {
        let several = |maker: &mut Self| {
            let count = maker.rng.usize(0..4);
            (0..count).map(|_| maker.condition(seen, depth.saturating_sub(1))).collect()
        };
        match self.rng.u8(0..16) {
            0..=2 if depth > 0 => Condition::All(several(self)),
            3..=5 if depth > 0 => Condition::Any(several(self)),
            6 if depth > 0 => Condition::Not(Box::new(self.condition(seen, depth - 1))),
            7 | 8 if depth > 0 => Condition::Exists(Box::new(self.query(seen, depth - 1))),
            9 | 10 if depth > 0 => {
                let query = self.query(seen, depth - 1);
                let column = self.number(&query.sources());
                Condition::InQuery(self.number(seen), Box::new(query), column)
            }
            11 if depth > 0 => {
                let query = self.query(seen, depth - 1);
                let column = self.number(&query.sources());
                let function = self.rng.choice(FUNCTIONS).unwrap();
                let operator = self.rng.choice(OPERATORS).unwrap();
                Condition::Scalar(self.number(seen), operator, function, Box::new(query), column)
            }
            _ => self.leaf(seen),
        }
    }

    fn leaf(&mut self, seen: &[Source]) -> Condition {
        let column = self.number(seen);
        match self.rng.u8(0..9) {
            0 => Condition::IsNull(column),
            1 => {
                let count = self.rng.usize(0..4);
                Condition::In(column, (0..count).map(|_| self.rng.i64(0..20)).collect())
            }
            2 => Condition::Contains(self.text(seen), self.rng.choice(["a", "%", "_", "!", "n"]).unwrap()),
            3 => Condition::Equals(self.text(seen), self.rng.choice(WORDS).unwrap()),
            4 => Condition::Raw(self.rng.choice(RAWS).unwrap()),
            5 => Condition::Compare(
                column,
                self.rng.choice(OPERATORS).unwrap(),
                Right::Column(self.number(seen)),
            ),
            _ => Condition::Compare(
                column,
                self.rng.choice(OPERATORS).unwrap(),
                Right::Number(self.rng.i64(0..15)),
            ),
        }
    }

    fn number(&mut self, seen: &[Source]) -> Column {
        let source = self.rng.choice(seen).unwrap();
        Column { of: source.of, alias: source.alias, name: self.rng.choice(source.of.numbers()).unwrap() }
    }

    fn text(&mut self, seen: &[Source]) -> Column {
        let source = self.rng.choice(seen).unwrap();
        Column { of: source.of, alias: source.alias, name: source.of.text() }
    }

    pub(crate) fn shape(&mut self, query: &Query) -> Shape {
        let sources = query.sources();
        let columns =
            [self.number(&sources), self.number(&sources), self.number(&sources), self.text(&sources)];
        match self.rng.u8(0..8) {
            0 => Shape::Totals(columns),
            1 => Shape::Groups(columns, self.rng.i64(0..3)),
            2 => Shape::Rows { columns, is_distinct: true, page: None },
            3 | 4 => {
                let page = Some((self.rng.u64(0..6), self.rng.u64(0..3)));
                Shape::Rows { columns, is_distinct: false, page }
            }
            _ => Shape::Rows { columns, is_distinct: false, page: None },
        }
    }
}

impl Query {
    pub(crate) fn without_joins(self) -> Query {
        if self.joins.is_empty() {
            self
        } else {
            Query { condition: Condition::All(Vec::new()), joins: Vec::new(), ..self }
        }
    }

    pub(crate) fn sources(&self) -> Vec<Source> {
        let joined = self.joins.iter().map(|(_, source, _)| *source);
        [self.root].into_iter().chain(joined).collect()
    }
}

// As plain SQL, as somebody would write it who has the database to himself.

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn texted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

impl Column {
    fn plain(self) -> String {
        format!("{}.{}", quoted(self.alias), self.name)
    }
}

impl Source {
    fn plain(self) -> String {
        format!("{} AS {}", self.of.name(), quoted(self.alias))
    }
}

impl Condition {
    pub(crate) fn plain(&self) -> String {
        let all = |conditions: &[Condition], operator: &str, none: &str| match conditions {
            [] => none.to_owned(),
            some => some.iter().map(|one| format!("({})", one.plain())).collect::<Vec<_>>().join(operator),
        };
        match self {
            Condition::Compare(column, operator, Right::Number(number)) => {
                format!("{} {operator} {number}", column.plain())
            }
            Condition::Compare(column, operator, Right::Column(other)) => {
                format!("{} {operator} {}", column.plain(), other.plain())
            }
            Condition::IsNull(column) => format!("{} IS NULL", column.plain()),
            Condition::In(_, numbers) if numbers.is_empty() => "1 = 0".to_owned(),
            Condition::In(column, numbers) => {
                let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
                format!("{} IN ({})", column.plain(), numbers.join(", "))
            }
            // Without the pattern language, so that escaping is tested too. Both are blind to none of the words' cases.
            Condition::Contains(column, text) => {
                format!("replace({0}, {1}, '') <> {0}", column.plain(), texted(text))
            }
            Condition::Equals(column, text) => format!("{} = {}", column.plain(), texted(text)),
            Condition::All(conditions) => all(conditions, " AND ", "1 = 1"),
            Condition::Any(conditions) => all(conditions, " OR ", "1 = 0"),
            Condition::Not(condition) => format!("NOT ({})", condition.plain()),
            Condition::Raw(text) => format!("({text})"),
            Condition::Exists(query) => format!("EXISTS (SELECT 1{})", query.plain()),
            Condition::InQuery(column, query, of) => {
                format!("{} IN (SELECT {}{})", column.plain(), of.plain(), query.plain())
            }
            Condition::Scalar(column, operator, function, query, of) => {
                format!("{} {operator} (SELECT {function}({}){})", column.plain(), of.plain(), query.plain())
            }
        }
    }
}

impl Query {
    /// ` FROM … WHERE …`
    pub(crate) fn plain(&self) -> String {
        let mut sql = format!(" FROM {}", self.root.plain());
        for (kind, source, on) in &self.joins {
            let kind = match kind {
                JoinKind::Inner => "INNER",
                JoinKind::Left => "LEFT OUTER",
                JoinKind::Right => "RIGHT OUTER",
                JoinKind::Full => "FULL OUTER",
            };
            write!(sql, " {kind} JOIN {} ON {}", source.plain(), on.plain()).unwrap();
        }
        sql + " WHERE " + &self.condition.plain()
    }

    pub(crate) fn plain_select(&self, shape: &Shape) -> String {
        let from = self.plain();
        match shape {
            Shape::Rows { columns, is_distinct, page } => {
                let columns = columns.map(Column::plain).join(", ");
                let distinct = if *is_distinct { "DISTINCT " } else { "" };
                let page = page.map(|(limit, offset)| {
                    let order: Vec<String> =
                        self.sources().iter().map(|source| format!("{}.id", quoted(source.alias))).collect();
                    format!(" ORDER BY {} LIMIT {limit} OFFSET {offset}", order.join(", "))
                });
                format!("SELECT {distinct}{columns}{from}{}", page.unwrap_or_default())
            }
            Shape::Totals([a, b, c, d]) => {
                let (a, b, c, d) = (a.plain(), b.plain(), c.plain(), d.plain());
                format!("SELECT count(*), sum({a}), count(DISTINCT {b}) + min({c}), max({d}){from}")
            }
            Shape::Groups([a, b, c, d], least) => {
                let (a, b, c, d) = (a.plain(), b.plain(), c.plain(), d.plain());
                format!(
                    "SELECT {a}, sum({b}), max({c}), min({d}){from} GROUP BY {a} HAVING count(*) > {least}"
                )
            }
        }
    }
}

// With the builder.

type Number = Expression<Option<i64>>;
type Text = Expression<Option<String>>;

/// What makes queries: a scope; or, with the rule switched off, what must not pass the oracle.
pub(crate) trait Makes:
    Reads<customers> + Reads<orders> + Reads<order_lines> + Reads<files> + Reads<currencies>
{
    fn make<R: Table>(&self, root: R) -> Select<Self, R>
    where
        Self: Reads<R>;
}

impl Makes for Scope {
    fn make<R: Table>(&self, root: R) -> Select<Self, R>
    where
        Self: Reads<R>,
    {
        self.select(root)
    }
}

impl Makes for Unscoped<'_> {
    fn make<R: Table>(&self, root: R) -> Select<Self, R>
    where
        Self: Reads<R>,
    {
        self.select(root)
    }
}

impl Column {
    pub(crate) fn number(self) -> Col<Global, Option<i64>> {
        self.of.column(self.alias, self.name)
    }

    fn text(self) -> Col<Global, Option<String>> {
        self.of.column(self.alias, self.name)
    }
}

impl Condition {
    pub(crate) fn filter<S: Makes>(&self, scope: &S, rows: Rows) -> Filter {
        match self {
            Condition::Compare(column, operator, Right::Number(number)) => {
                compare(*column, operator, Some(*number))
            }
            Condition::Compare(column, operator, Right::Column(other)) => {
                compare(*column, operator, other.number())
            }
            Condition::IsNull(column) => column.number().is_null(),
            Condition::In(column, numbers) => column.number().in_(numbers.iter().copied()),
            Condition::Contains(column, text) => column.text().contains(text),
            Condition::Equals(column, text) => column.text().eq(*text),
            Condition::All(conditions) => {
                // In both ways in which it can be written.
                match &conditions[..] {
                    [one, other] => one.filter(scope, rows).and(other.filter(scope, rows)),
                    all => Filter::all(all.iter().map(|one| one.filter(scope, rows))),
                }
            }
            Condition::Any(conditions) => match &conditions[..] {
                [one, other] => one.filter(scope, rows).or(other.filter(scope, rows)),
                all => Filter::any(all.iter().map(|one| one.filter(scope, rows))),
            },
            Condition::Not(condition) => !condition.filter(scope, rows),
            Condition::Raw(text) => raw(text).filter(),
            Condition::Exists(query) => query.exists(scope, rows),
            Condition::InQuery(column, query, of) => query.contains(*column, *of, scope, rows),
            Condition::Scalar(column, operator, function, query, of) => {
                compare(*column, operator, query.scalar(function, *of, scope, rows))
            }
        }
    }
}

fn compare(column: Column, operator: &str, operand: impl Operand<Option<i64>>) -> Filter {
    let column = column.number();
    match operator {
        "=" => column.eq(operand),
        "<>" => column.ne(operand),
        "<" => column.lt(operand),
        "<=" => column.le(operand),
        ">" => column.gt(operand),
        ">=" => column.ge(operand),
        other => unreachable!("{other}"),
    }
}

/// Which rows of each table the builder is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Rows {
    Live,
    WithDeleted,
}

macro_rules! table {
    ($source:expr, $rows:expr, |$table:ident| $body:expr) => {{
        let alias = $source.alias;
        match ($source.of, $rows) {
            (Of::Customers, Rows::Live) => {
                let $table = customers.alias(alias);
                $body
            }
            (Of::Customers, Rows::WithDeleted) => {
                let $table = customers.alias(alias).with_deleted();
                $body
            }
            (Of::Orders, Rows::Live) => {
                let $table = orders.alias(alias);
                $body
            }
            (Of::Orders, Rows::WithDeleted) => {
                let $table = orders.alias(alias).with_deleted();
                $body
            }
            (Of::Lines, Rows::Live) => {
                let $table = order_lines.alias(alias);
                $body
            }
            (Of::Lines, Rows::WithDeleted) => {
                let $table = order_lines.alias(alias).with_deleted();
                $body
            }
            (Of::Files, Rows::Live) => {
                let $table = files.alias(alias);
                $body
            }
            (Of::Files, Rows::WithDeleted) => {
                let $table = files.alias(alias).with_deleted();
                $body
            }
            (Of::Currencies, _) => {
                let $table = currencies.alias(alias);
                $body
            }
        }
    }};
}

impl Query {
    fn built<S, R: Table>(&self, root: R, scope: &S, rows: Rows) -> Select<S, R>
    where
        S: Makes + Reads<R>,
    {
        let mut select = scope.make(root);
        for (kind, source, on) in &self.joins {
            let on = on.filter(scope, rows);
            select = table!(source, rows, |table| select.join_on(*kind, table, on));
        }
        select.filter(self.condition.filter(scope, rows))
    }

    /// A line for each row.
    pub(crate) async fn insert<D: migrate_tests::Scoped>(
        &self,
        database: &D,
        scope: &Scope,
    ) -> migrate::scope::Result<u64> {
        let Source { of, alias } = self.root;
        let column = |name: &'static str| of.column::<Global, i64>(alias, name);
        let text = Column { of, alias, name: of.text() }.text();
        let columns = (column("id").plus(1000), column(of.amount()), text);
        let targets = (order_lines.id, order_lines.price, order_lines.product);
        table!(self.root, Rows::Live, |table| {
            let query = self.built(table, scope, Rows::Live).columns(columns);
            migrate_tests::ask!(database: D, scope.insert(order_lines).from_query(targets, query), execute)
        })
    }

    fn exists<S: Makes>(&self, scope: &S, rows: Rows) -> Filter {
        table!(self.root, rows, |table| exists(self.built(table, scope, rows)))
    }

    fn contains<S: Makes>(&self, column: Column, of: Column, scope: &S, rows: Rows) -> Filter {
        let column = column.number();
        table!(self.root, rows, |table| column.in_query(self.built(table, scope, rows).columns(of.number())))
    }

    fn scalar<S: Makes>(&self, function: &str, of: Column, scope: &S, rows: Rows) -> Number {
        let of = of.number();
        table!(self.root, rows, |table| {
            let select = self.built(table, scope, rows);
            match function {
                "min" => number(select.columns(number(of.min())).scalar()),
                "max" => number(select.columns(number(of.max())).scalar()),
                "sum" => number(select.columns(of.sum()).scalar()),
                "count" => number(select.columns(of.count()).scalar()),
                other => unreachable!("{other}"),
            }
        })
    }
}

/// An expression of any type that holds a number or NULL.
fn number(value: impl Operand<Option<i64>>) -> Number {
    value.operand()
}

fn text(value: impl Operand<Option<String>>) -> Text {
    value.operand()
}

/// The columns of every random query.
pub(crate) type Columns = (Number, Number, Number, Text);
pub(crate) type Row = (Option<i64>, Option<i64>, Option<i64>, Option<String>);

impl Shape {
    pub(crate) fn is_ordered(&self) -> bool {
        matches!(self, Shape::Rows { page: Some(_), .. })
    }

    fn columns(&self) -> Columns {
        match self {
            Shape::Rows { columns: [a, b, c, d], .. } => {
                (number(a.number()), number(b.number()), number(c.number()), text(d.text()))
            }
            Shape::Totals([a, b, c, d]) => {
                let distinct = number(b.number().count_distinct());
                (
                    number(count_all()),
                    number(a.number().sum()),
                    distinct.plus(number(c.number().min())),
                    text(d.text().max()),
                )
            }
            Shape::Groups([a, b, c, d], _) => {
                (number(a.number()), number(b.number().sum()), number(c.number().max()), text(d.text().min()))
            }
        }
    }

    /// What the query gives, sent by `send`.
    fn shaped<S: Makes, R: Table>(&self, query: &Query, select: Select<S, R>) -> Projection<S, R, Columns> {
        let mut projection = select.columns(self.columns());
        match self {
            Shape::Rows { is_distinct: true, .. } => projection.distinct(),
            Shape::Rows { page: Some((limit, offset)), .. } => {
                for source in query.sources() {
                    let id = Column { of: source.of, alias: source.alias, name: "id" };
                    projection = projection.order_by(id.number().asc());
                }
                projection.limit(*limit).offset(*offset)
            }
            Shape::Groups([a, ..], least) => projection.group_by(a.number()).having(count_all().gt(*least)),
            _ => projection,
        }
    }
}

/// Sends a query.
pub(crate) async fn send<D: migrate_tests::Scoped, S: Makes>(
    database: &D,
    (query, shape): (&Query, &Shape),
    scope: &S,
    rows: Rows,
) -> migrate::scope::Result<Vec<Row>> {
    table!(query.root, rows, |table| {
        let projection = shape.shaped(query, query.built(table, scope, rows));
        migrate_tests::ask!(database: D, projection, all)
    })
}
