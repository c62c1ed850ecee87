//! The scripts of common changes, a file for each: written so that they pass the checks and undo themselves.

mod add_column;
mod add_index;
mod create_table;
mod identifier;
mod soft_delete;
mod tenant_table;

use migrate::Dialect;
use migrate::cli::Failure;

use self::identifier::Identifier;

/// A common change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Template {
    /// A table
    CreateTable,
    /// A column of a table; --column, --type
    AddColumn,
    /// An index, built while the table is in use; --column
    AddIndex,
    /// A table whose rows belong to tenants, with row-level security on PostgreSQL
    TenantTable,
    /// The column that says that a row is deleted; with --column, unique among the others
    SoftDelete,
}

/// What a change is about. What is not given, the name of the migration may tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) table: Option<String>,
    pub(crate) columns: Vec<String>,
    pub(crate) column_type: Option<String>,
}

/// What the folder says of its scripts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Project<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) tenant: Option<&'a str>,
    pub(crate) deleted: Option<&'a str>,
}

/// A migration and its rollback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scripts {
    pub(crate) up: String,
    pub(crate) down: String,
}

impl Template {
    /// The scripts for a migration of this name.
    pub(crate) fn scripts(
        self,
        name: &str,
        subject: Subject,
        project: Project<'_>,
    ) -> Result<Scripts, Failure> {
        let subject = subject.or(self.told_by(name));
        let table = subject.table.as_deref().ok_or_else(|| self.missing("--table"))?;
        let table = Identifier::new(table)?;
        let columns =
            subject.columns.iter().map(|column| Identifier::new(column)).collect::<Result<Vec<_>, _>>()?;
        let tenant = project.tenant.map(Identifier::new).transpose()?;
        let deleted = Identifier::new(project.deleted.unwrap_or("deleted_at"))?;
        let column = || columns.first().ok_or_else(|| self.missing("--column"));
        Ok(match self {
            Template::CreateTable => create_table::scripts(&table, project.dialect),
            Template::AddColumn => {
                let column_type = subject.column_type.as_deref().unwrap_or("text");
                add_column::scripts(&table, column()?, column_type)
            }
            Template::AddIndex => {
                column()?;
                add_index::scripts(&table, &columns, project.dialect)
            }
            Template::TenantTable => {
                let tenant = tenant.map_or_else(|| Identifier::new("business_id"), Ok)?;
                tenant_table::scripts(&table, &tenant, project.dialect)
            }
            Template::SoftDelete => {
                soft_delete::scripts(&table, &deleted, &columns, tenant.as_ref(), project.dialect)
            }
        })
    }

    fn missing(self, option: &str) -> Failure {
        Failure::new("template", format!("the template needs `{option}`, and the name does not tell it"))
            .help(format!("give `{option}`, or a name such as `{}`", self.example()))
    }

    /// A name that tells what the change is about.
    fn example(self) -> &'static str {
        match self {
            Template::CreateTable | Template::TenantTable => "create_orders",
            Template::AddColumn => "add_email_to_customers",
            Template::AddIndex => "index_orders_on_customer_id",
            Template::SoftDelete => "soft_delete_customers",
        }
    }

    /// What a name tells that reads as [the example](Template::example) does.
    fn told_by(self, name: &str) -> Subject {
        let told = |table: &str, column: &str| Subject {
            table: Some(table.to_owned()).filter(|table| !table.is_empty()),
            columns: Some(column.to_owned()).filter(|column| !column.is_empty()).into_iter().collect(),
            column_type: None,
        };
        let of_column = |prefix: &str, between: &str| name.strip_prefix(prefix)?.split_once(between);
        let told = match self {
            Template::CreateTable | Template::TenantTable => {
                name.strip_prefix("create_").map(|table| told(table, ""))
            }
            Template::AddColumn => of_column("add_", "_to_").map(|(column, table)| told(table, column)),
            Template::AddIndex => of_column("index_", "_on_").map(|(table, column)| told(table, column)),
            Template::SoftDelete => name.strip_prefix("soft_delete_").map(|table| told(table, "")),
        };
        told.unwrap_or_default()
    }
}

impl Subject {
    fn or(self, other: Subject) -> Subject {
        Subject {
            table: self.table.or(other.table),
            columns: if self.columns.is_empty() { other.columns } else { self.columns },
            column_type: self.column_type.or(other.column_type),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(dialect: Dialect) -> Project<'static> {
        Project { dialect, tenant: None, deleted: None }
    }

    #[test]
    fn the_example_of_each_template_tells_all_that_it_needs() {
        for template in <Template as clap::ValueEnum>::value_variants() {
            for dialect in [Dialect::Postgres, Dialect::Sqlite, Dialect::Any] {
                let scripts = template.scripts(template.example(), Subject::default(), project(dialect));
                assert!(scripts.is_ok(), "{template:?} {dialect:?}");
            }
        }
    }

    #[test]
    fn what_the_name_does_not_tell_is_asked_for() {
        let cases = [
            (Template::CreateTable, "orders", "`--table`"),
            (Template::AddColumn, "add_email", "`--table`"),
            (Template::AddIndex, "index_orders", "`--table`"),
            (Template::SoftDelete, "delete_softly", "`--table`"),
        ];
        for (template, name, option) in cases {
            let told = template.scripts(name, Subject::default(), project(Dialect::Postgres)).unwrap_err();
            assert!(told.to_string().contains(option), "{told}");
        }
        let subject = Subject { table: Some("orders".to_owned()), ..Subject::default() };
        let told = Template::AddIndex.scripts("faster", subject, project(Dialect::Postgres)).unwrap_err();
        assert!(told.to_string().contains("`--column`"), "{told}");
    }

    #[test]
    fn what_is_given_counts_more_than_the_name() {
        let subject = Subject {
            table: Some("app.people".to_owned()),
            columns: vec!["order".to_owned()],
            column_type: Some("bigint".to_owned()),
        };
        let scripts =
            Template::AddColumn.scripts("add_email_to_customers", subject, project(Dialect::Postgres));
        assert_eq!(scripts.unwrap().up, "ALTER TABLE app.people ADD COLUMN \"order\" bigint;\n");
    }
}
