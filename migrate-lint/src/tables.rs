//! The tables that the scripts of a folder make, for a tool that writes a migration like the others.
//!
//! In come scripts in order, out come tables as plain data: `CREATE TABLE app.orders (id bigint PRIMARY KEY)` is the table
//! `orders` in the schema `app`, with the column `id` of the type `bigint`.

use migrate_core::Engine;

use crate::schema::{Schema, Table, TableColumn};
use crate::sql::{self, Generated, Name, Type};

/// A table that the scripts make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownTable {
    /// Its schema, unless that is the engine's default.
    pub schema: Option<String>,
    /// Its name.
    pub name: String,
    /// Its columns, in the order of their creation.
    pub columns: Vec<KnownColumn>,
    /// The columns of its primary key.
    pub primary_key: Vec<String>,
    /// The constraints that are NOT VALID.
    pub unvalidated: Vec<String>,
    /// Whether row-level security is on.
    pub row_security: bool,
    /// The conditions of its policies.
    pub policies: Vec<String>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownColumn {
    /// Its name.
    pub name: String,
    /// Its type as people write it, such as `bigint`. `None` if it has none (SQLite).
    pub data_type: Option<String>,
    /// The type under it, if it is a domain of the folder.
    pub base_type: Option<String>,
    /// Whether it is NOT NULL.
    pub not_null: bool,
    /// Where its value comes from if an INSERT gives none.
    pub filled: Option<Filled>,
}

/// Where the value of a column comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    /// `GENERATED … AS IDENTITY`.
    Identity,
    /// A sequence of its own: `bigserial`.
    Serial,
    /// A default.
    Default,
}

impl KnownTable {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&KnownColumn> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// The tables that the scripts make in an empty database. Partitions, temporary and foreign tables are left out.
pub fn tables<'a>(scripts: impl IntoIterator<Item = &'a str>, engine: Engine) -> Vec<KnownTable> {
    let mut schema = Schema::new(engine);
    for script in scripts {
        schema.begin_migration();
        sql::parse(script, engine).statements.iter().for_each(|statement| schema.apply(statement));
    }
    let own = |table: &&Table| {
        table.is_known && !table.is_temporary && !table.is_foreign && table.partition_of.is_none()
    };
    schema.tables().filter(own).map(|table| known(table, &schema)).collect()
}

fn known(table: &Table, schema: &Schema) -> KnownTable {
    let is_default = |name: &String| name == schema.engine().default_schema();
    let unvalidated = table.constraints.iter().filter(|constraint| !constraint.validated);
    let conditions = table.policies.iter().flat_map(|policy| [&policy.using, &policy.with_check]);
    KnownTable {
        schema: table.name.schema.clone().filter(|name| !is_default(name)),
        name: table.name.name.clone(),
        columns: table.columns.iter().map(|column| known_column(table, column, schema)).collect(),
        primary_key: table.primary_key().unwrap_or_default().to_vec(),
        unvalidated: unvalidated.filter_map(|constraint| constraint.name.clone()).collect(),
        row_security: table.row_security.enabled,
        policies: conditions.flatten().map(|condition| condition.text.clone()).collect(),
    }
}

fn known_column(table: &Table, column: &TableColumn, schema: &Schema) -> KnownColumn {
    let domain = column.data_type.as_ref().and_then(|data_type| schema.domain(&data_type.name));
    let is_serial = || {
        let mut owners = schema.sequences().filter_map(|sequence| sequence.owner.as_ref());
        owners.any(|(owner, of)| *owner == table.name && *of == column.name)
    };
    let filled = match &column.generated {
        Some(Generated::Identity) => Some(Filled::Identity),
        Some(Generated::Stored(_) | Generated::Virtual(_)) => None,
        None if column.has_default && is_serial() => Some(Filled::Serial),
        None if column.has_default => Some(Filled::Default),
        None => None,
    };
    KnownColumn {
        name: column.name.clone(),
        data_type: column.data_type.as_ref().map(|data_type| written(data_type, schema)),
        base_type: domain.map(|domain| written(&domain.base, schema)),
        not_null: column.not_null,
        filled,
    }
}

/// The type as people write it.
fn written(data_type: &Type, schema: &Schema) -> String {
    let name = &data_type.name;
    let known = match (&name.schema, name.name.as_str()) {
        (None, "int8") => "bigint",
        (None, "int4") => "integer",
        (None, "int2") => "smallint",
        (None, "bool") => "boolean",
        (None, "bpchar") if !data_type.modifiers.is_empty() => "char",
        (None, "float8") => "double precision",
        (None, "float4") => "real",
        _ if schema.has_type(name) => {
            let quoted = Name { schema: name.schema.as_deref().map(quoted), name: quoted(&name.name) };
            return Type { name: quoted, ..data_type.clone() }.to_string();
        }
        _ => return data_type.to_string(),
    };
    Type { name: Name::new(known), ..data_type.clone() }.to_string()
}

/// The name, in quotes if it would mean another one without them.
fn quoted(name: &str) -> String {
    let is_plain =
        name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_known_by_what_the_scripts_make_of_it() {
        let scripts = [
            "CREATE SCHEMA app; CREATE TYPE \"State Of\" AS ENUM ('a'); CREATE DOMAIN app.tenant AS uuid;
             CREATE TABLE app.orders (tenant_id app.tenant NOT NULL, id int8 GENERATED ALWAYS AS IDENTITY, n serial,
                 code character(2), state \"State Of\", at timestamp with time zone NOT NULL DEFAULT now(), PRIMARY KEY (tenant_id, id));
             CREATE TABLE lines (id int); CREATE TEMPORARY TABLE scratch (id int);",
            "ALTER TABLE app.orders ENABLE ROW LEVEL SECURITY;
             CREATE POLICY p ON app.orders USING (tenant_id = current_setting('app.t')::uuid);
             ALTER TABLE app.orders ADD CONSTRAINT positive CHECK (n > 0) NOT VALID; DROP TABLE lines;",
        ];
        let tables = tables(scripts, Engine::Postgres);
        let [orders] = tables.as_slice() else { panic!("{tables:?}") };
        assert_eq!((orders.schema.as_deref(), orders.name.as_str()), (Some("app"), "orders"));
        assert_eq!(orders.primary_key, ["tenant_id", "id"]);
        assert_eq!(orders.unvalidated, ["positive"]);
        assert!(orders.row_security && orders.policies[0].contains("app.t"), "{orders:?}");
        let shown = |name: &str| {
            let column = orders.column(name).unwrap();
            (column.data_type.clone().unwrap(), column.base_type.clone(), column.not_null, column.filled)
        };
        assert_eq!(shown("tenant_id"), ("app.tenant".to_owned(), Some("uuid".to_owned()), true, None));
        assert_eq!(shown("id"), ("bigint".to_owned(), None, true, Some(Filled::Identity)));
        assert_eq!(shown("n"), ("integer".to_owned(), None, true, Some(Filled::Serial)));
        assert_eq!(shown("state").0, "public.\"State Of\"");
        assert_eq!(shown("code"), ("char(2)".to_owned(), None, false, None));
        assert_eq!(shown("at"), ("timestamptz".to_owned(), None, true, Some(Filled::Default)));
    }
}
