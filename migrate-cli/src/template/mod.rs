//! The scripts of common changes, one file for each: a table and columns come in, and an up script and a rollback go out.
//! They pass the checks of the compiler, and the rollback undoes the whole change. What is not given is as in the other
//! tables of the folder.

mod add_column;
mod add_index;
mod conventions;
mod identifier;
mod new_table;
mod set_not_null;
mod soft_delete;
mod validate;

use migrate::Dialect;
use migrate::cli::Failure;
use migrate_lint::KnownTable;

use self::conventions::Conventions;
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
    /// A new table whose rows belong to tenants; on PostgreSQL with row-level security, unless such tables have none
    TenantTable,
    /// A column that marks a row as deleted; with --column, those columns are unique among live rows
    SoftDelete,
    /// Three migrations after which a column is NOT NULL, without a long lock; takes --column (PostgreSQL)
    SetNotNull,
    /// Checks the old rows for a constraint that is NOT VALID; takes --table and --constraint (PostgreSQL)
    Validate,
}

/// The table and columns of a change. The name of the migration supplies what is not given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) table: Option<String>,
    pub(crate) columns: Vec<String>,
    pub(crate) column_type: Option<String>,
    pub(crate) constraint: Option<String>,
}

/// What the scripts depend on in the folder: its settings and its tables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Project<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) tenant: Option<&'a str>,
    pub(crate) deleted: Option<&'a str>,
    pub(crate) tables: &'a [KnownTable],
}

/// A migration to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) scripts: Scripts,
}

/// A migration and its rollback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scripts {
    pub(crate) up: String,
    pub(crate) down: String,
}

impl Template {
    /// The migrations for a change of this name.
    pub(crate) fn parts(
        self,
        name: &str,
        subject: Subject,
        project: Project<'_>,
    ) -> Result<Vec<Part>, Failure> {
        let conventions = Conventions::new(project.tables, project.dialect);
        let subject = subject.or(self.subject_in(name));
        let columns = subject.columns()?;
        let tenant = project.tenant.map(Identifier::new).transpose()?;
        let deleted = project.deleted.map(Identifier::new).transpose()?;
        let column = || columns.first().ok_or_else(|| self.missing("--column"));
        let new = || Ok::<_, Failure>(conventions.placed(&self.table(&subject)?));
        let old = || Ok::<_, Failure>(conventions.found(&self.table(&subject)?));
        let scripts = match self {
            Template::CreateTable => new_table::plain(&new()?, deleted.as_ref(), &conventions)?,
            Template::TenantTable => {
                let usual = || Identifier::new(conventions.tenant().unwrap_or("business_id"));
                let tenant = tenant.map_or_else(usual, Ok)?;
                new_table::of_tenants(&new()?, &tenant, deleted.as_ref(), &conventions, project.dialect)?
            }
            Template::AddColumn => {
                let column_type = subject.column_type.as_deref().unwrap_or("text");
                add_column::scripts(&old()?, column()?, column_type)
            }
            Template::AddIndex => {
                let table = old()?;
                column()?;
                add_index::scripts(&table, &columns, project.dialect)
            }
            Template::SoftDelete => {
                let deleted = deleted.map_or_else(|| Identifier::new("deleted_at"), Ok)?;
                let data_type = conventions.deletion_type(deleted.name());
                soft_delete::scripts(
                    &old()?,
                    (&deleted, &data_type),
                    &columns,
                    tenant.as_ref(),
                    project.dialect,
                )
            }
            Template::SetNotNull => {
                self.only_on_postgres(project.dialect)?;
                return Ok(set_not_null::parts(name, &old()?, column()?));
            }
            Template::Validate => {
                self.only_on_postgres(project.dialect)?;
                let table = subject.table.as_deref().map(Identifier::new).transpose()?;
                let (table, constraint) =
                    validate::meant(table.as_ref(), subject.constraint.as_deref(), &conventions)?;
                validate::scripts(&table, &constraint)
            }
        };
        Ok(vec![Part { name: name.to_owned(), scripts }])
    }

    fn table(self, subject: &Subject) -> Result<Identifier, Failure> {
        Identifier::new(subject.table.as_deref().ok_or_else(|| self.missing("--table"))?)
    }

    fn only_on_postgres(self, dialect: Dialect) -> Result<(), Failure> {
        if dialect == Dialect::Postgres {
            return Ok(());
        }
        let (message, help) = match self {
            Template::SetNotNull => (
                "SQLite cannot make a column NOT NULL",
                "rebuild the table: create the new one, copy the rows, drop the old one, rename; \
                 `cargo migrate explain rebuild-rows` shows how",
            ),
            _ => (
                "SQLite has no constraints that are NOT VALID",
                "it checks every row that is written; `PRAGMA foreign_key_check` looks at the old ones",
            ),
        };
        Err(Failure::new("template", message).help(help))
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
            Template::SetNotNull => "require_email_of_customers",
            Template::Validate => "validate_orders_customer",
        }
    }

    /// The table and columns in a name that has the form of [the example](Template::example).
    fn subject_in(self, name: &str) -> Subject {
        let subject = |table: &str, column: &str| Subject {
            table: Some(table.to_owned()).filter(|table| !table.is_empty()),
            columns: Some(column.to_owned()).filter(|column| !column.is_empty()).into_iter().collect(),
            column_type: None,
            constraint: None,
        };
        let of_column = |prefix: &str, between: &str| name.strip_prefix(prefix)?.split_once(between);
        let found = match self {
            Template::CreateTable | Template::TenantTable => {
                name.strip_prefix("create_").map(|table| subject(table, ""))
            }
            Template::AddColumn => of_column("add_", "_to_").map(|(column, table)| subject(table, column)),
            Template::AddIndex => of_column("index_", "_on_").map(|(table, column)| subject(table, column)),
            Template::SoftDelete => name.strip_prefix("soft_delete_").map(|table| subject(table, "")),
            Template::SetNotNull => {
                of_column("require_", "_of_").map(|(column, table)| subject(table, column))
            }
            Template::Validate => name
                .strip_prefix("validate_")
                .map(|constraint| Subject { constraint: Some(constraint.to_owned()), ..Subject::default() }),
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
            constraint: self.constraint.or(other.constraint),
        }
    }

    fn columns(&self) -> Result<Vec<Identifier>, Failure> {
        self.columns.iter().map(|column| Identifier::new(column)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(dialect: Dialect) -> Project<'static> {
        Project { dialect, tenant: None, deleted: None, tables: &[] }
    }

    /// The tables of a folder for PostgreSQL.
    fn tables(sql: &str) -> Vec<KnownTable> {
        migrate_lint::tables([sql], migrate::Engine::Postgres)
    }

    #[track_caller]
    fn up(template: Template, name: &str, project: Project<'_>) -> String {
        let [part] =
            <[Part; 1]>::try_from(template.parts(name, Subject::default(), project).unwrap()).unwrap();
        part.scripts.up
    }

    #[test]
    fn the_example_of_each_template_contains_all_that_it_needs() {
        let tables = tables(
            "CREATE TABLE orders (id bigint); ALTER TABLE orders ADD CONSTRAINT orders_customer CHECK (id > 0) NOT VALID",
        );
        for template in <Template as clap::ValueEnum>::value_variants() {
            for dialect in [Dialect::Postgres, Dialect::Sqlite, Dialect::Any] {
                let project = Project { tables: &tables, ..project(dialect) };
                let parts = template.parts(template.example(), Subject::default(), project);
                let only_postgres = matches!(template, Template::SetNotNull | Template::Validate);
                assert_eq!(
                    parts.is_ok(),
                    !only_postgres || dialect == Dialect::Postgres,
                    "{template:?} {dialect:?}"
                );
            }
        }
    }

    #[test]
    fn a_new_table_looks_like_the_others() {
        let shop = tables(
            "CREATE TABLE shop.customers (id bigserial PRIMARY KEY, business_id bigint NOT NULL, name text,
                 created_at timestamp NOT NULL DEFAULT now(), updated_at timestamp, deleted_at timestamp,
                 UNIQUE (business_id, id));
             CREATE TABLE shop.plans (id bigserial PRIMARY KEY, created_at timestamp NOT NULL DEFAULT now(),
                 updated_at timestamp, deleted_at timestamp);",
        );
        let project = Project { deleted: Some("deleted_at"), tables: &shop, ..project(Dialect::Postgres) };
        let rest = "created_at timestamp NOT NULL DEFAULT now(),\n    updated_at timestamp,\n    deleted_at timestamp";
        assert_eq!(
            up(Template::TenantTable, "create_orders", project),
            format!(
                "CREATE TABLE shop.orders (\n    id bigserial PRIMARY KEY,\n    business_id bigint NOT NULL,\n    \
                 {rest},\n    UNIQUE (business_id, id)\n);\n"
            )
        );
        assert_eq!(
            up(Template::CreateTable, "create_orders", project),
            format!("CREATE TABLE shop.orders (\n    id bigserial PRIMARY KEY,\n    {rest}\n);\n")
        );
        let add = up(Template::AddColumn, "add_vip_to_customers", project);
        assert_eq!(add, "ALTER TABLE shop.customers ADD COLUMN vip text;\n");
    }

    #[test]
    fn row_level_security_is_that_of_the_other_tables() {
        let notes = tables(
            "CREATE TABLE notes (org_id uuid NOT NULL, id uuid NOT NULL DEFAULT gen_random_uuid(),
                 PRIMARY KEY (org_id, id));
             ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
             CREATE POLICY p ON notes USING (org_id = nullif(current_setting('my.org', true), '')::uuid);",
        );
        let project = Project { tables: &notes, ..project(Dialect::Postgres) };
        let up = up(Template::TenantTable, "create_tags", project);
        let table = "CREATE TABLE tags (\n    org_id uuid NOT NULL,\n    \
                     id uuid NOT NULL DEFAULT gen_random_uuid(),\n    PRIMARY KEY (org_id, id)\n);\n";
        assert!(up.starts_with(table), "{up}");
        assert!(
            up.contains("current_setting('my.org', true)") && up.contains("ENABLE ROW LEVEL SECURITY"),
            "{up}"
        );
    }

    #[test]
    fn what_is_to_be_validated_is_found_in_the_folder() {
        let tables = tables(
            "CREATE TABLE a.orders (id bigint, n int);
             ALTER TABLE a.orders ADD CONSTRAINT one CHECK (n > 0) NOT VALID;
             ALTER TABLE a.orders ADD CONSTRAINT two CHECK (n < 9) NOT VALID;",
        );
        let project = Project { tables: &tables, ..project(Dialect::Postgres) };
        let script = up(Template::Validate, "validate_two", project);
        assert!(script.ends_with("\nALTER TABLE a.orders VALIDATE CONSTRAINT two;\n"), "{script}");
        let error =
            |name: &str| Template::Validate.parts(name, Subject::default(), project).unwrap_err().to_string();
        assert!(error("check_old_rows").contains("one of a.orders, two of a.orders"));
        assert!(error("validate_three").contains("no migration leaves"));
    }

    #[test]
    fn what_the_name_does_not_contain_is_asked_for() {
        let cases = [
            (Template::CreateTable, "orders", "`--table`"),
            (Template::AddColumn, "add_email", "`--table`"),
            (Template::AddIndex, "index_orders", "`--table`"),
            (Template::SoftDelete, "delete_softly", "`--table`"),
            (Template::SetNotNull, "require_email", "`--table`"),
        ];
        for (template, name, option) in cases {
            let error = template.parts(name, Subject::default(), project(Dialect::Postgres)).unwrap_err();
            assert!(error.to_string().contains(option), "{error}");
        }
        let subject = Subject { table: Some("orders".to_owned()), ..Subject::default() };
        let error = Template::AddIndex.parts("faster", subject, project(Dialect::Postgres)).unwrap_err();
        assert!(error.to_string().contains("`--column`"), "{error}");
    }

    #[test]
    fn what_is_given_counts_more_than_the_name() {
        let subject = Subject {
            table: Some("app.people".to_owned()),
            columns: vec!["order".to_owned()],
            column_type: Some("bigint".to_owned()),
            constraint: None,
        };
        let parts = Template::AddColumn.parts("add_email_to_customers", subject, project(Dialect::Postgres));
        assert_eq!(parts.unwrap()[0].scripts.up, "ALTER TABLE app.people ADD COLUMN \"order\" bigint;\n");
    }
}
