//! The scripts of common changes, one file for each: a table and columns come in, and an up script and a rollback go out.
//! They pass the checks of the compiler, and the rollback undoes the whole change.

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
    /// A new table
    CreateTable,
    /// A new column; takes --column and --type
    AddColumn,
    /// A new index, built while the table is in use; takes --column
    AddIndex,
    /// A new table whose rows belong to tenants, with row-level security on PostgreSQL
    TenantTable,
    /// A column that marks a row as deleted; with --column, those columns are unique among live rows
    SoftDelete,
}

/// The table and columns of a change. The name of the migration supplies what is not given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) table: Option<String>,
    pub(crate) columns: Vec<String>,
    pub(crate) column_type: Option<String>,
}

/// The settings of the folder that the scripts depend on.
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
        let subject = subject.or(self.subject_in(name));
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
        Failure::new("template", format!("the template needs `{option}`, and the name does not contain it"))
            .help(format!("give `{option}`, or a name such as `{}`", self.example()))
    }

    /// A name that contains the table and columns of the change.
    fn example(self) -> &'static str {
        match self {
            Template::CreateTable | Template::TenantTable => "create_orders",
            Template::AddColumn => "add_email_to_customers",
            Template::AddIndex => "index_orders_on_customer_id",
            Template::SoftDelete => "soft_delete_customers",
        }
    }

    /// The table and columns in a name that has the form of [the example](Template::example).
    fn subject_in(self, name: &str) -> Subject {
        let subject = |table: &str, column: &str| Subject {
            table: Some(table.to_owned()).filter(|table| !table.is_empty()),
            columns: Some(column.to_owned()).filter(|column| !column.is_empty()).into_iter().collect(),
            column_type: None,
        };
        let of_column = |prefix: &str, between: &str| name.strip_prefix(prefix)?.split_once(between);
        let found = match self {
            Template::CreateTable | Template::TenantTable => {
                name.strip_prefix("create_").map(|table| subject(table, ""))
            }
            Template::AddColumn => of_column("add_", "_to_").map(|(column, table)| subject(table, column)),
            Template::AddIndex => of_column("index_", "_on_").map(|(table, column)| subject(table, column)),
            Template::SoftDelete => name.strip_prefix("soft_delete_").map(|table| subject(table, "")),
        };
        found.unwrap_or_default()
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
    fn the_example_of_each_template_contains_all_that_it_needs() {
        for template in <Template as clap::ValueEnum>::value_variants() {
            for dialect in [Dialect::Postgres, Dialect::Sqlite, Dialect::Any] {
                let scripts = template.scripts(template.example(), Subject::default(), project(dialect));
                assert!(scripts.is_ok(), "{template:?} {dialect:?}");
            }
        }
    }

    #[test]
    fn what_the_name_does_not_contain_is_asked_for() {
        let cases = [
            (Template::CreateTable, "orders", "`--table`"),
            (Template::AddColumn, "add_email", "`--table`"),
            (Template::AddIndex, "index_orders", "`--table`"),
            (Template::SoftDelete, "delete_softly", "`--table`"),
        ];
        for (template, name, option) in cases {
            let error = template.scripts(name, Subject::default(), project(Dialect::Postgres)).unwrap_err();
            assert!(error.to_string().contains(option), "{error}");
        }
        let subject = Subject { table: Some("orders".to_owned()), ..Subject::default() };
        let error = Template::AddIndex.scripts("faster", subject, project(Dialect::Postgres)).unwrap_err();
        assert!(error.to_string().contains("`--column`"), "{error}");
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
