use migrate_core::Engine;

use super::access::{Context, Reach};
use super::error::{InvalidStatement, Result};
use super::row::FromRow;
use super::table::{Definition, Handle, Rows};
use super::tenant::Tenant;
use super::value::Parameter;

/// A statement as it is sent, with its values.
#[derive(Debug)]
pub struct Statement {
    pub(crate) text: String,
    /// Whose it is, whether it is bound or not.
    pub(crate) tenant: Option<Tenant>,
    is_unscoped: bool,
    values: Vec<Bound>,
}

/// What a placeholder stands for.
#[derive(Debug)]
pub(crate) enum Bound {
    Tenant,
    Value(Parameter),
}

impl Statement {
    /// The SQL.
    pub fn sql(&self) -> &str {
        &self.text
    }

    /// Whether it is about the rows of all tenants.
    pub fn is_unscoped(&self) -> bool {
        self.is_unscoped
    }

    /// How many values are bound, the tenant among them.
    pub fn parameters(&self) -> usize {
        self.values.len()
    }

    /// What the placeholders stand for, the tenant given as the first function makes it.
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
/// Whatever names a table goes through [`table`](Writer::table) or [`target`](Writer::target): here the rows are
/// narrowed to the tenant's, and nowhere else.
#[derive(Debug)]
pub struct Writer {
    pub(crate) engine: Engine,
    text: String,
    context: Context,
    values: Vec<Bound>,
    /// The number of the tenant's placeholder, once there is one.
    tenant: Option<usize>,
    /// The tables whose columns may be named where the statement is written, the innermost last.
    visible: Vec<Handle>,
}

impl Writer {
    pub(crate) fn new(engine: Engine, context: Context) -> Writer {
        Writer {
            engine,
            text: String::with_capacity(512),
            context,
            values: Vec::with_capacity(8),
            tenant: None,
            visible: Vec::new(),
        }
    }

    pub(crate) fn finish(self) -> Statement {
        let Context { tenant, reach, .. } = self.context;
        Statement { text: self.text, tenant, is_unscoped: reach == Reach::All, values: self.values }
    }

    #[inline]
    pub(crate) fn push(&mut self, sql: &str) {
        self.text.push_str(sql);
    }

    #[inline]
    pub(crate) fn identifier(&mut self, name: &str) {
        self.text.push('"');
        if name.as_bytes().contains(&b'"') {
            self.text.push_str(&name.replace('"', "\"\""));
        } else {
            self.text.push_str(name);
        }
        self.text.push('"');
    }

    pub(crate) fn identifiers(&mut self, names: &[&str]) {
        self.separated(", ", names, |w, name| w.identifier(name));
    }

    /// `"orders"."total"`, a column that was declared: its name is a Rust identifier.
    #[inline]
    pub(crate) fn column(&mut self, alias: &str, name: &str) {
        debug_assert!(!name.contains('"'), "no Rust identifier holds a quote");
        self.identifier(alias);
        self.text.push_str(".\"");
        self.text.push_str(name);
        self.text.push('"');
    }

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

    #[inline]
    pub(crate) fn number(&mut self, number: u64) {
        if number >= 10 {
            self.number(number / 10);
        }
        let digit = u8::try_from(number % 10).expect("a digit is smaller than 10");
        self.text.push(char::from(b'0' + digit));
    }

    pub(crate) fn bind(&mut self, value: Parameter) {
        self.values.push(Bound::Value(value));
        self.placeholder(self.values.len());
    }

    /// For so many values that are bound behind those of the statement.
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

    /// The value of the tenant column, which is bound once. A statement that needs none binds none: PostgreSQL would not
    /// know of what type it is.
    pub(crate) fn tenant(&mut self) {
        debug_assert!(self.context.tenant.is_some(), "a tenant's row is only written in a scope");
        let number = self.tenant.unwrap_or_else(|| {
            self.values.push(Bound::Tenant);
            self.values.len()
        });
        self.tenant = Some(number);
        self.placeholder(number);
    }

    /// `"orders"."business_id" = $1`, where the table has a tenant and the statement too.
    fn is_of_tenant(&mut self, table: &Definition) -> bool {
        let is_of_tenant = table.tenant.is_some() && self.context.tenant.is_some();
        if is_of_tenant {
            self.text.push_str(table.of_tenant);
            self.tenant();
        }
        is_of_tenant
    }

    /// The tables whose columns may be named here, the innermost last.
    pub(crate) fn visible(&self) -> &[Handle] {
        &self.visible
    }

    /// Writes a part of the statement in which the columns of these tables may be named too.
    pub(crate) fn within<R>(
        &mut self,
        tables: impl IntoIterator<Item = Handle>,
        write: impl FnOnce(&mut Writer) -> R,
    ) -> R {
        let outer = self.visible.len();
        self.visible.extend(tables);
        let written = write(self);
        self.visible.truncate(outer);
        written
    }

    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    /// A query of another tenant, or of all, must not come in through a subquery.
    pub(crate) fn admit(&self, context: &Context) -> Result<()> {
        if context.is_admitted_by(&self.context) { Ok(()) } else { Err(InvalidStatement::OtherScope.into()) }
    }

    /// A reference to a table in FROM, JOIN or a subquery: a derived table that holds the rows which the scope may see
    /// and no others, so that it does not matter what stands around it.
    pub(crate) fn table(&mut self, handle: Handle) {
        self.text.push_str(handle.table.derived);
        if self.narrows(handle) {
            self.text.push_str(" WHERE ");
            self.rows(handle);
        }
        self.text.push_str(") AS ");
        self.identifier(handle.alias);
    }

    /// The table that a statement changes, which has to [`rows`](Writer::rows) in its condition.
    pub(crate) fn target(&mut self, table: &Definition) {
        self.identifier(table.name);
    }

    pub(crate) fn narrows(&self, handle: Handle) -> bool {
        self.context.tenant.is_some() && handle.table.tenant.is_some()
            || !handle.table.live.is_empty() && handle.rows != Rows::All
    }

    /// Which rows of a table the scope may see, where the table goes by its own name.
    pub(crate) fn rows(&mut self, handle: Handle) {
        let and = if self.is_of_tenant(handle.table) { " AND " } else { "" };
        if !handle.table.live.is_empty() {
            match handle.rows {
                Rows::All => {}
                Rows::Live => {
                    self.text.push_str(and);
                    self.text.push_str(handle.table.live);
                }
                Rows::Deleted => {
                    self.text.push_str(and);
                    self.text.push_str("NOT (");
                    self.text.push_str(handle.table.live);
                    self.text.push(')');
                }
            }
        }
    }

    /// Which rows of a table are the tenant's and were deleted or not, for a table that goes by its own name. It is never
    /// empty.
    pub(crate) fn own_rows(&mut self, table: &Definition, deleted: &str) {
        let and = if self.is_of_tenant(table) { " AND " } else { "" };
        match table.deleted {
            Some(column) if !deleted.is_empty() => {
                self.text.push_str(and);
                self.column(table.name, column);
                self.text.push_str(deleted);
            }
            _ if and.is_empty() => self.text.push_str("TRUE"),
            _ => {}
        }
    }

    /// What a changed row gives back. It is of the scope already.
    pub(crate) fn returning<R: FromRow>(&mut self, table: &Definition) {
        self.push(" RETURNING ");
        self.separated(", ", R::COLUMNS, |w, column| {
            w.column(column.table.unwrap_or(table.name), column.name);
        });
    }
}
