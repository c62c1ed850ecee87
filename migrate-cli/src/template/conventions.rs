//! What the tables of a folder have in common: the tables come in, and the columns that a new table needs to look like them
//! go out. In a folder without tables, the defaults of the engine.

use std::collections::BTreeMap;

use migrate::Dialect;
use migrate::cli::Failure;
use migrate_lint::{Filled, KnownColumn, KnownTable};

use super::identifier::Identifier;

/// The tables that a new one is to look like.
#[derive(Debug)]
pub(super) struct Conventions<'a> {
    tables: Vec<&'a KnownTable>,
    dialect: Dialect,
}

/// A column of a new table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) data_type: String,
    /// What follows the type.
    pub(super) rest: String,
}

impl Column {
    fn new(name: &str, data_type: &str, rest: &str) -> Column {
        Column { name: name.to_owned(), data_type: data_type.to_owned(), rest: rest.to_owned() }
    }

    /// The column in `CREATE TABLE`.
    pub(super) fn definition(&self) -> Result<String, Failure> {
        Ok(format!("{} {}{}", Identifier::new(&self.name)?, self.data_type, self.rest))
    }
}

const CREATED: &[&str] = &["created_at", "inserted_at", "created_on", "createdAt", "created"];
const UPDATED: &[&str] = &["updated_at", "modified_at", "updated_on", "updatedAt", "updated"];
const TENANTS: &[&str] = &[
    "business_id",
    "tenant_id",
    "organization_id",
    "organisation_id",
    "org_id",
    "account_id",
    "company_id",
    "workspace_id",
];

impl<'a> Conventions<'a> {
    pub(super) fn new(tables: &'a [KnownTable], dialect: Dialect) -> Conventions<'a> {
        Conventions { tables: tables.iter().collect(), dialect }
    }

    /// Those of the tables with this column, if there are any.
    pub(super) fn with(&self, column: &str) -> Conventions<'a> {
        let with: Vec<_> =
            self.tables.iter().copied().filter(|table| table.column(column).is_some()).collect();
        let tables = if with.is_empty() { self.tables.clone() } else { with };
        Conventions { tables, dialect: self.dialect }
    }

    /// The name of a new table: in the schema of all others, if that is one and the name has none.
    pub(super) fn placed(&self, table: &Identifier) -> Identifier {
        let schema = self.tables.first().and_then(|first| first.schema.as_deref());
        let is_one = self.tables.iter().all(|other| other.schema.as_deref() == schema);
        table.or_schema(schema.filter(|_| is_one))
    }

    /// The name of an older table: with its schema, if only one table has that name.
    pub(super) fn found(&self, table: &Identifier) -> Identifier {
        let mut of_name = self.tables.iter().filter(|known| known.name == table.name());
        match (of_name.next(), of_name.next()) {
            (Some(known), None) => table.or_schema(known.schema.as_deref()),
            _ => table.clone(),
        }
    }

    /// The tables themselves.
    pub(super) fn tables(&self) -> impl Iterator<Item = &'a KnownTable> {
        self.tables.iter().copied()
    }

    /// The column that the tables use for tenants, if one does.
    pub(super) fn tenant(&self) -> Option<&'static str> {
        let count = |name: &str| self.tables.iter().filter(|table| table.column(name).is_some()).count();
        let most = TENANTS.iter().map(|name| (count(name), *name)).rev().max_by_key(|(count, _)| *count)?;
        (most.0 > 0).then_some(most.1)
    }

    /// The usual type of the column, with the type under it if that is a domain.
    pub(super) fn type_of(&self, column: &str) -> Option<(String, Option<String>)> {
        let columns = self.tables.iter().filter_map(|table| table.column(column));
        most_frequent(
            columns.filter_map(|column| Some((column.data_type.clone()?, column.base_type.clone()))),
        )
    }

    /// The column that numbers the rows, for a table whose primary key it is alone or not.
    pub(super) fn number(&self, tenant: Option<&str>, is_alone: bool) -> Column {
        let keys = self.tables.iter().filter_map(|table| {
            let mut rest = table.primary_key.iter().filter(|column| Some(column.as_str()) != tenant);
            let column = rest.next().filter(|_| rest.next().is_none())?;
            self.like(table.column(column)?)
        });
        most_frequent(keys).unwrap_or_else(|| match (self.dialect, is_alone) {
            (Dialect::Postgres, _) => Column::new("id", "bigint", " GENERATED ALWAYS AS IDENTITY"),
            (Dialect::Sqlite, true) => Column::new("id", "INTEGER", ""),
            (Dialect::Sqlite, false) => Column::new("id", "TEXT", " NOT NULL"),
            (Dialect::Any, true) => Column::new("id", "bigint", ""),
            (Dialect::Any, false) => Column::new("id", "bigint", " NOT NULL"),
        })
    }

    /// Whether the primary key of a table with tenants begins with the tenant: as the others', and if there are none.
    pub(super) fn keys_have(&self, tenant: &str) -> bool {
        let of_tenants = self.tables.iter().filter(|table| table.column(tenant).is_some());
        let numbered = of_tenants.filter(|table| table.primary_key.iter().any(|column| column != tenant));
        let (have, lack): (Vec<&KnownTable>, Vec<&KnownTable>) =
            numbered.partition(|table| table.primary_key.iter().any(|column| column == tenant));
        have.len() >= lack.len()
    }

    /// The times at which a row was created and changed, as far as half of the tables have them.
    pub(super) fn times(&self) -> Vec<Column> {
        let created = self.usual(CREATED).or_else(|| {
            let (data_type, rest) = match self.dialect {
                Dialect::Postgres => ("timestamptz", " NOT NULL DEFAULT now()"),
                Dialect::Sqlite => ("TEXT", " NOT NULL DEFAULT CURRENT_TIMESTAMP"),
                Dialect::Any => ("timestamp", " NOT NULL DEFAULT CURRENT_TIMESTAMP"),
            };
            self.tables.is_empty().then(|| Column::new("created_at", data_type, rest))
        });
        created.into_iter().chain(self.usual(UPDATED)).collect()
    }

    /// The column of soft deletes, as far as half of the tables have it.
    pub(super) fn deletion(&self, deleted: &str) -> Option<Column> {
        if self.tables.is_empty() {
            return Some(Column::new(deleted, &self.deletion_type(deleted), ""));
        }
        self.usual(&[deleted])
    }

    /// The type of the column of soft deletes.
    pub(super) fn deletion_type(&self, deleted: &str) -> String {
        self.type_of(deleted).map_or_else(
            || {
                let default = match self.dialect {
                    Dialect::Postgres => "timestamptz",
                    Dialect::Sqlite => "TEXT",
                    Dialect::Any => "timestamp",
                };
                default.to_owned()
            },
            |(data_type, _)| data_type,
        )
    }

    /// The first of these names that half of the tables have, as most of those have it.
    fn usual(&self, names: &[&str]) -> Option<Column> {
        names.iter().find_map(|name| {
            let columns: Vec<_> = self.tables.iter().filter_map(|table| table.column(name)).collect();
            let is_usual = !columns.is_empty() && columns.len() * 2 >= self.tables.len();
            most_frequent(columns.into_iter().filter_map(|column| self.like(column))).filter(|_| is_usual)
        })
    }

    /// A column like this one.
    fn like(&self, column: &KnownColumn) -> Option<Column> {
        // A name that the command line would not take is no example.
        Identifier::new(&column.name).ok()?;
        let data_type = column.data_type.as_deref()?;
        let kind = column.base_type.as_deref().unwrap_or(data_type).to_ascii_lowercase();
        let is_time = ["timestamp", "date", "time"].iter().any(|word| kind.starts_with(word));
        let serial = serial_of(&kind).filter(|_| column.filled == Some(Filled::Serial));
        let filling = match (self.dialect, column.filled) {
            (Dialect::Postgres, Some(Filled::Identity)) => " GENERATED ALWAYS AS IDENTITY",
            (Dialect::Postgres, Some(Filled::Default)) if is_time => " DEFAULT now()",
            (Dialect::Postgres, Some(Filled::Default)) if kind == "uuid" => " DEFAULT gen_random_uuid()",
            (Dialect::Sqlite, Some(Filled::Default)) if kind == "integer" => " DEFAULT (unixepoch())",
            (Dialect::Sqlite | Dialect::Any, Some(Filled::Default)) if is_time || kind == "text" => {
                " DEFAULT CURRENT_TIMESTAMP"
            }
            _ => "",
        };
        // An identity and a serial column are NOT NULL anyway.
        let is_implied = matches!(column.filled, Some(Filled::Identity | Filled::Serial));
        let not_null = if column.not_null && !is_implied { " NOT NULL" } else { "" };
        Some(Column::new(&column.name, serial.unwrap_or(data_type), &format!("{not_null}{filling}")))
    }
}

fn serial_of(data_type: &str) -> Option<&'static str> {
    match data_type {
        "bigint" => Some("bigserial"),
        "integer" => Some("serial"),
        "smallint" => Some("smallserial"),
        _ => None,
    }
}

/// The value that occurs most often; the lesser of two that occur equally often, so that the answer is always the same.
fn most_frequent<T: Ord>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut counts = BTreeMap::new();
    values.for_each(|value| *counts.entry(value).or_insert(0_usize) += 1);
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map(|(value, _)| value)
}
