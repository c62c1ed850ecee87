//! The writer of statements: the one place that puts tables, columns and values into SQL.
//!
//! What comes in is the context of a scope and the parts of a statement; what goes out is a [`Statement`]: text and
//! values, such as `SELECT "orders"."id" FROM (SELECT … WHERE "orders"."business_id" = $1 …) AS "orders"` with `[7]`.
//! Every reference to a table goes through three functions, and these narrow its rows. So the question where the
//! tenant's condition belongs, in ON or WHERE, under which OR, on which side of an outer join, is answered here once.

use migrate_core::Engine;

use super::access::{Context, Reach};
use super::column::Field;
use super::error::{Error, InvalidStatement, Result};
use super::row::{FromRow, RowColumn};
use super::table::{Definition, Handle, Rows};
use super::tenant::Tenant;
use super::value::Parameter;

/// A statement as it is sent, with its values. The `statement` method of each verb shows one without sending it.
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doctests/shop.rs"));
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (db, bakery, cinema) = shop()?;
/// let statement = bakery.hard_delete(orders).key(1).statement(Engine::Postgres)?;
/// assert!(statement.sql().starts_with(r#"DELETE FROM "orders" WHERE "orders"."business_id" = $1"#));
/// assert_eq!(statement.parameters(), 2);   // the tenant and the key
/// assert!(!statement.is_unscoped());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Statement {
    pub(crate) text: String,
    /// The tenant of the scope, even if no placeholder needs it: a `TenantPool` sets it for the transaction.
    pub(crate) tenant: Option<Tenant>,
    is_unscoped: bool,
    values: Vec<Bound>,
    /// The tables that it names; empty where no use is recorded.
    tables: Vec<&'static str>,
    /// The question that is asked if the statement reaches no row.
    pub(crate) probe: Option<Box<Probe>>,
    /// Statements that complete this one: sent after it, in the same transaction.
    pub(crate) more: Vec<Statement>,
}

/// The value of a placeholder.
#[derive(Debug)]
pub(crate) enum Bound {
    Tenant,
    Value(Parameter),
}

/// The question that tells a stale version from a missing row.
#[derive(Debug)]
pub(crate) struct Probe {
    pub(crate) statement: Statement,
    pub(crate) table: &'static str,
}

impl Probe {
    /// Why no row was reached.
    pub(crate) fn verdict(&self, is_there: bool) -> Error {
        let table = self.table;
        if is_there { Error::Stale { table } } else { Error::NotFound { table } }
    }
}

impl Statement {
    /// A statement that has nothing to do, and is not sent.
    pub(crate) fn nothing(context: Context) -> Statement {
        Writer::new(Engine::Postgres, context).into_statement()
    }

    pub(crate) fn is_nothing(&self) -> bool {
        self.text.is_empty()
    }

    /// The statement with the question that is asked if it reaches no row.
    pub(crate) fn with_probe(self, probe: Option<Probe>) -> Statement {
        Statement { probe: probe.map(Box::new), ..self }
    }

    /// The SQL. Values are not in it: they are bound.
    pub fn sql(&self) -> &str {
        &self.text
    }

    /// Whether the statement is about the rows of all tenants.
    pub fn is_unscoped(&self) -> bool {
        self.is_unscoped
    }

    /// The number of bound values, the tenant among them.
    pub fn parameters(&self) -> usize {
        self.values.len()
    }

    /// The tables that it names, the table of the verb first. Known only where a use is recorded.
    pub(crate) fn tables(&self) -> &[&'static str] {
        &self.tables
    }

    /// The values of the placeholders in order, each made by one of the two functions.
    pub(super) fn values<'s, V>(
        &'s self,
        tenant: impl Fn(&'s Tenant) -> V,
        value: impl Fn(&'s Parameter) -> V,
    ) -> impl Iterator<Item = V> {
        self.values.iter().map(move |bound| match bound {
            Bound::Tenant => tenant(self.tenant.as_ref().expect("it is bound where there is one")),
            Bound::Value(of) => value(of),
        })
    }
}

/// A statement that is being written.
///
/// Everything that names a table goes through [`table`](Writer::table), [`target`](Writer::target) or
/// [`witness`](Writer::witness), and everything that the caller says of a column through [`field`](Writer::field).
/// The rows are narrowed to the tenant's here and nowhere else. These checks run in every build and do not depend on
/// the traits: the traits are open, so that `tables!` can implement them.
#[derive(Debug)]
pub struct Writer {
    pub(crate) engine: Engine,
    text: String,
    context: Context,
    values: Vec<Bound>,
    /// The number of the tenant's placeholder, once there is one.
    tenant: Option<usize>,
    /// The tables whose columns may be named at this point, the innermost last.
    visible: Vec<Handle>,
    /// The tables that were named, if the use is recorded.
    tables: Vec<&'static str>,
    /// The type of the first value that the engine does not know. It becomes an error at the end, so that `bind` need
    /// not return one.
    foreign: Option<&'static str>,
}

/// A place in a statement to return to.
pub(crate) struct Mark {
    text: usize,
    values: usize,
}

impl Writer {
    /// An empty statement.
    pub(crate) fn new(engine: Engine, context: Context) -> Writer {
        Writer {
            engine,
            // Most statements fit, so writing one allocates once for its text.
            text: String::with_capacity(512),
            context,
            values: Vec::with_capacity(8),
            tenant: None,
            visible: Vec::with_capacity(4),
            tables: Vec::new(),
            foreign: None,
        }
    }

    /// The statement, if the engine can take its values.
    pub(crate) fn finish(self) -> Result<Statement> {
        if let Some(value) = self.foreign {
            return Err(InvalidStatement::ForeignValue { value, engine: self.engine }.into());
        }
        let (values, limit) = (self.values.len(), self.engine.most_values());
        if values > limit {
            return Err(InvalidStatement::TooManyValues { values, limit }.into());
        }
        Ok(self.into_statement())
    }

    fn into_statement(self) -> Statement {
        let Context { tenant, reach, .. } = self.context;
        Statement {
            text: self.text,
            tenant,
            is_unscoped: reach == Reach::All,
            values: self.values,
            tables: self.tables,
            probe: None,
            more: Vec::new(),
        }
    }

    /// The tables that were named.
    pub(crate) fn into_tables(self) -> Vec<&'static str> {
        self.tables
    }

    /// This place.
    pub(crate) fn mark(&self) -> Mark {
        Mark { text: self.text.len(), values: self.values.len() }
    }

    /// Removes what was written since the mark. The tenant has to be bound before it.
    pub(crate) fn back_to(&mut self, mark: &Mark) {
        self.text.truncate(mark.text);
        self.values.truncate(mark.values);
    }

    /// Whether the statement holds more values than the engine takes.
    pub(crate) fn is_too_long(&self) -> bool {
        self.values.len() > self.engine.most_values()
    }

    /// Adds SQL of the library's own.
    #[inline]
    pub(crate) fn push(&mut self, sql: &str) {
        self.text.push_str(sql);
    }

    /// Adds a name in double quotes.
    #[inline]
    pub(crate) fn identifier(&mut self, name: &str) {
        self.text.push('"');
        // Almost no name holds a quote, and `replace` would copy each of them.
        if name.as_bytes().contains(&b'"') {
            self.text.push_str(&name.replace('"', "\"\""));
        } else {
            self.text.push_str(name);
        }
        self.text.push('"');
    }

    /// Adds names, separated by commas.
    pub(crate) fn identifiers(&mut self, names: &[&str]) {
        self.separated(", ", names, |w, name| w.identifier(name));
    }

    /// `"orders"."total"`
    #[inline]
    pub(crate) fn column(&mut self, alias: &str, name: &str) {
        self.identifier(alias);
        self.text.push('.');
        self.identifier(name);
    }

    /// A column that the caller named. Its table has to be in reach, and be the one that the column belongs to.
    pub(crate) fn field(&mut self, field: Field) -> Result<()> {
        let table = self.visible.iter().rev().find(|handle| handle.alias == field.alias);
        // By identity and not by name: two declarations may have a table of the same name.
        if !table.is_some_and(|handle| std::ptr::eq(handle.table, field.table)) {
            let (table, column) = (field.alias, field.name);
            return Err(InvalidStatement::OutOfReach { table, column }.into());
        }
        self.column(field.alias, field.name);
        Ok(())
    }

    /// A column that a struct is read from: of the table that it names, or of the statement's.
    fn row_column(&mut self, root: &'static str, column: &RowColumn) -> Result<()> {
        let (table, column) = (column.table.unwrap_or(root), column.name);
        let named = self.visible.iter().rev().find(|handle| handle.alias == table);
        let Some(handle) = named else {
            return Err(InvalidStatement::OutOfReach { table, column }.into());
        };
        if !handle.table.columns.contains(&column) {
            return Err(InvalidStatement::UnknownColumn { table: handle.table.name, column }.into());
        }
        self.column(table, column);
        Ok(())
    }

    /// The columns that a struct is read from.
    pub(crate) fn row_columns<R: FromRow>(&mut self, root: &'static str) -> Result<()> {
        self.try_separated(", ", R::COLUMNS, |w, column| w.row_column(root, column))
    }

    /// Writes a part of the statement in which the columns of these tables may be named as well.
    pub(crate) fn within<T>(
        &mut self,
        tables: impl IntoIterator<Item = Handle>,
        write: impl FnOnce(&mut Writer) -> Result<T>,
    ) -> Result<T> {
        let outer = self.visible.len();
        for handle in tables {
            if self.visible[outer..].iter().any(|other| other.alias == handle.alias) {
                return Err(InvalidStatement::NameTaken { name: handle.alias }.into());
            }
            self.note(handle.table);
            self.visible.push(handle);
        }
        let written = write(self);
        self.visible.truncate(outer);
        written
    }

    /// Writes a part in which the last of these tables may not be named yet.
    pub(crate) fn before<T>(
        &mut self,
        tables: usize,
        write: impl FnOnce(&mut Writer) -> Result<T>,
    ) -> Result<T> {
        let unseen = self.visible.split_off(self.visible.len() - tables);
        let written = write(self);
        self.visible.extend(unseen);
        written
    }

    /// Writes each item, with the separator between them.
    pub(crate) fn separated<T>(
        &mut self,
        separator: &str,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Writer, T),
    ) {
        for (i, item) in items.into_iter().enumerate() {
            if i > 0 {
                self.text.push_str(separator);
            }
            write(self, item);
        }
    }

    /// Writes each item, with the separator between them, until one fails.
    pub(crate) fn try_separated<T>(
        &mut self,
        separator: &str,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Writer, T) -> Result<()>,
    ) -> Result<()> {
        for (i, item) in items.into_iter().enumerate() {
            if i > 0 {
                self.text.push_str(separator);
            }
            write(self, item)?;
        }
        Ok(())
    }

    /// Adds a number, without the machinery of `fmt`.
    #[inline]
    pub(crate) fn number(&mut self, number: u64) {
        if number >= 10 {
            self.number(number / 10);
        }
        let digit = u8::try_from(number % 10).expect("a digit is smaller than 10");
        self.text.push(char::from(b'0' + digit));
    }

    /// Binds a value and adds its placeholder.
    pub(crate) fn bind(&mut self, value: Parameter) {
        if self.foreign.is_none() && !value.is_known_to(self.engine) {
            self.foreign = Some(value.type_name());
        }
        self.values.push(Bound::Value(value));
        self.placeholder(self.values.len());
    }

    /// Adds placeholders for `count` values that are bound after those of the statement.
    #[cfg(feature = "sqlite")]
    pub(crate) fn placeholders(&mut self, count: usize) {
        let bound = self.values.len();
        self.separated(", ", bound + 1..=bound + count, Writer::placeholder);
    }

    #[inline]
    fn placeholder(&mut self, number: usize) {
        // SQLite numbers `$n` by their first appearance, and `?n` by n.
        self.text.push(match self.engine {
            Engine::Postgres => '$',
            Engine::Sqlite => '?',
        });
        self.number(number as u64);
    }

    /// Adds the placeholder of the tenant, which is bound once. A statement that needs no tenant binds none:
    /// PostgreSQL could not infer the type of an unused parameter.
    pub(crate) fn tenant(&mut self, table: &Definition) -> Result<()> {
        if self.context.tenant.is_none() {
            return Err(InvalidStatement::OfTenants { table: table.name }.into());
        }
        // One placeholder for all places: the server compares the same value, and the statement stays short.
        let number = self.tenant.unwrap_or_else(|| {
            self.values.push(Bound::Tenant);
            self.values.len()
        });
        self.tenant = Some(number);
        self.placeholder(number);
        Ok(())
    }

    /// `"orders"."business_id" = $1`, if both the table and the statement have a tenant.
    ///
    /// A text is compared twice: as the column compares it, so that an index serves it, and byte by byte, because a
    /// collation or a type may hold `A` and `a` to be equal. PostgreSQL takes the type of the value from the first
    /// comparison. The second is a function and not an operator: the planner would otherwise multiply the selectivity
    /// of two conditions.
    fn is_of_tenant(&mut self, table: &Definition) -> Result<bool> {
        let (Some(column), Some(tenant)) = (table.tenant, &self.context.tenant) else { return Ok(false) };
        let is_text = tenant.is_text();
        self.column(table.name, column);
        self.push(" = ");
        self.tenant(table)?;
        if is_text {
            self.exactly(
                |w| w.column(table.name, column),
                |w| w.placeholder(w.tenant.expect("it was bound for the first comparison")),
            );
        }
        Ok(true)
    }

    /// ` AND …`: the two are equal byte by byte.
    fn exactly(&mut self, left: impl FnOnce(&mut Writer), right: impl FnOnce(&mut Writer)) {
        let [begin, between, end] = match self.engine {
            Engine::Postgres => {
                [" AND pg_catalog.texteq(CAST(", " AS text), CAST(", " AS text) COLLATE pg_catalog.\"C\")"]
            }
            Engine::Sqlite => [" AND CAST(", " AS text) = CAST(", " AS text) COLLATE BINARY"],
        };
        self.push(begin);
        left(self);
        self.push(between);
        right(self);
        self.push(end);
    }

    /// ` AND "order_lines"."business_id" = "orders"."business_id"`, if both tables have a tenant.
    pub(crate) fn and_same_tenant(
        &mut self,
        [one, other]: [&str; 2],
        [table, other_table]: [&Definition; 2],
    ) {
        let (Some(column), Some(other_column)) = (table.tenant, other_table.tenant) else { return };
        self.push(" AND ");
        self.column(one, column);
        self.push(" = ");
        self.column(other, other_column);
        if table.is_tenant_text || other_table.is_tenant_text {
            self.exactly(|w| w.column(one, column), |w| w.column(other, other_column));
        }
    }

    /// A tenant column as it is compared in a list: byte by byte.
    pub(crate) fn exact_column(&mut self, alias: Option<&str>, column: &str) {
        self.push("CAST(");
        match alias {
            Some(alias) => self.column(alias, column),
            None => self.identifier(column),
        }
        self.push(match self.engine {
            Engine::Postgres => " AS text) COLLATE pg_catalog.\"C\"",
            Engine::Sqlite => " AS text) COLLATE BINARY",
        });
    }

    /// The tables whose columns may be named here, the innermost last.
    pub(crate) fn visible(&self) -> &[Handle] {
        &self.visible
    }

    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    /// Refuses a query of another tenant, or of all, as a part of this statement.
    pub(crate) fn admit(&self, context: &Context) -> Result<()> {
        if context.is_admitted_by(&self.context) { Ok(()) } else { Err(InvalidStatement::OtherScope.into()) }
    }

    /// Notes a table for the record of an unscoped use.
    fn note(&mut self, table: &'static Definition) {
        if self.context.reach == Reach::All && !self.tables.contains(&table.name) {
            self.tables.push(table.name);
        }
    }

    /// Refuses a table of tenants without a tenant, unless the statement is [`Unscoped`](super::Unscoped).
    fn may_see(&self, table: &Definition) -> Result<()> {
        if table.tenant.is_some() && self.context.reach == Reach::Global {
            return Err(InvalidStatement::OfTenants { table: table.name }.into());
        }
        Ok(())
    }

    /// A reference to a table in FROM, JOIN or a subquery: a derived table that holds the rows which the scope may
    /// see, and no others. It does not matter what surrounds it.
    pub(crate) fn table(&mut self, handle: Handle) -> Result<()> {
        self.may_see(handle.table)?;
        self.note(handle.table);
        // Each column by name: `*` would follow the database, and give a struct columns that no one has declared.
        self.push("(SELECT ");
        self.identifiers(handle.table.columns);
        self.push(" FROM ");
        self.identifier(handle.table.name);
        if self.narrows(handle) {
            self.text.push_str(" WHERE ");
            self.rows(handle)?;
        }
        self.text.push_str(") AS ");
        self.identifier(handle.alias);
        Ok(())
    }

    /// The table that a statement changes. Its condition has to include [`rows`](Writer::rows).
    pub(crate) fn target(&mut self, table: &'static Definition) -> Result<()> {
        self.may_see(table)?;
        if table.tenant.is_none() && self.context.reach == Reach::Tenant {
            return Err(InvalidStatement::OfAll { table: table.name }.into());
        }
        self.note(table);
        self.identifier(table.name);
        Ok(())
    }

    /// A table whose rows, of any tenant, keep other rows from being taken. None of them is returned.
    pub(crate) fn witness(&mut self, table: &'static Definition) {
        self.note(table);
        self.identifier(table.name);
    }

    /// Whether [`rows`](Writer::rows) has anything to say about the table.
    pub(crate) fn narrows(&self, handle: Handle) -> bool {
        self.context.tenant.is_some() && handle.table.tenant.is_some()
            || handle.table.can_vanish() && handle.rows != Rows::All
    }

    /// The condition for the rows of a table that the scope may see. The table goes by its own name.
    pub(crate) fn rows(&mut self, handle: Handle) -> Result<()> {
        let and = if self.is_of_tenant(handle.table)? { " AND " } else { "" };
        if handle.table.can_vanish() {
            match handle.rows {
                Rows::All => {}
                Rows::Live => {
                    self.text.push_str(and);
                    self.live(handle.table)?;
                }
                Rows::Deleted => {
                    self.text.push_str(and);
                    self.text.push_str("NOT (");
                    self.live(handle.table)?;
                    self.text.push(')');
                }
            }
        }
        Ok(())
    }

    /// The condition for a row that is neither deleted nor hidden with a parent. A row that refers to no parent is
    /// not hidden.
    fn live(&mut self, table: &'static Definition) -> Result<()> {
        let mut and = "";
        if let Some(deleted) = table.deleted {
            self.column(table.name, deleted);
            self.push(" IS NULL");
            and = " AND ";
        }
        for key in table.hiding_parents() {
            self.push(and);
            self.push("(");
            self.separated(" OR ", key.columns, |w, column| {
                w.column(table.name, column);
                w.push(" IS NULL");
            });
            self.push(" OR EXISTS (SELECT 1 FROM ");
            self.note(key.parent);
            self.identifier(key.parent.name);
            self.push(" WHERE ");
            self.separated(" AND ", key.columns.iter().zip(key.parent_columns), |w, (column, of_parent)| {
                w.column(key.parent.name, of_parent);
                w.push(" = ");
                w.column(table.name, column);
            });
            if self.context.tenant.is_none() {
                self.and_same_tenant([key.parent.name, table.name], [key.parent, table]);
            }
            let parent = Handle::new(key.parent);
            if self.narrows(parent) {
                self.push(" AND ");
                self.rows(parent)?;
            }
            self.push("))");
            and = " AND ";
        }
        Ok(())
    }

    /// The condition for the tenant's rows that were deleted, or were not. The table goes by its own name. It is
    /// never empty.
    pub(crate) fn own_rows(&mut self, table: &Definition, deleted: &str) -> Result<()> {
        let and = if self.is_of_tenant(table)? { " AND " } else { "" };
        match table.deleted {
            Some(column) if !deleted.is_empty() => {
                self.text.push_str(and);
                self.column(table.name, column);
                self.text.push_str(deleted);
            }
            _ if and.is_empty() => self.text.push_str("TRUE"),
            _ => {}
        }
        Ok(())
    }

    /// RETURNING, with the columns that a struct is read from. The row belongs to the scope already.
    pub(crate) fn returning<R: FromRow>(&mut self, table: &'static Definition) -> Result<()> {
        self.push(" RETURNING ");
        self.within([Handle::new(table)], |w| w.row_columns::<R>(table.name))
    }
}
