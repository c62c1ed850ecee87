//! The check that the declarations of `tables!` fit together.
//!
//! What comes in is what the user wrote; what goes out are [`Model`]s, in which every name is resolved to a column or
//! a table. Each rule is a function with the sentence that refuses. All mistakes of one stage are reported at once.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::{Error, Ident, Result};

use super::parse::{Action, Column, ForeignKey, Role, Table, Tables};

/// A table in which every name is resolved.
pub(crate) struct Model<'a> {
    pub(crate) table: &'a Table,
    pub(crate) name: String,
    pub(crate) key: Vec<&'a Column>,
    pub(crate) tenant: Option<&'a Column>,
    pub(crate) deleted: Option<&'a Column>,
    pub(crate) version: Option<&'a Column>,
    pub(crate) by: Option<&'a Column>,
    pub(crate) reason: Option<&'a Column>,
    pub(crate) op: Option<&'a Column>,
    pub(crate) parents: Vec<Key>,
}

/// A foreign key between two tables, by their places.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) span: Span,
    pub(crate) child: usize,
    pub(crate) columns: Vec<String>,
    pub(crate) parent: usize,
    pub(crate) parent_columns: Vec<String>,
    pub(crate) action: Action,
}

/// A name as the database knows it, without `r#`.
pub(crate) fn plain(name: &Ident) -> String {
    name.unraw().to_string()
}

/// Whether a database may take one name for the other: `r#` does not count, and SQLite ignores the case of ASCII
/// letters.
fn is_alike(one: &Ident, other: &Ident) -> bool {
    one.unraw().to_string().eq_ignore_ascii_case(&other.unraw().to_string())
}

/// Whether the two are one name to Rust.
fn is_same(one: &Ident, other: &Ident) -> bool {
    one.unraw() == other.unraw()
}

/// The bytes of a name that PostgreSQL keeps. It cuts off the rest (manual, 4.1.1).
const LONGEST: usize = 63;

/// Refuses a name that PostgreSQL would cut.
fn no_longer(name: &Ident) -> Result<()> {
    if plain(name).len() <= LONGEST {
        return Ok(());
    }
    Err(Error::new(
        name.span(),
        format!("`{name}` is longer than {LONGEST} bytes, of which PostgreSQL keeps no more"),
    ))
}

/// The models, or all mistakes of the first stage that has any.
pub(crate) fn check(tables: &Tables) -> Result<Vec<Model<'_>>> {
    let mut problems = Problems::default();
    let mut models = Vec::new();
    for table in &tables.tables {
        if let Some(other) = models.iter().find(|other: &&Model<'_>| is_alike(&other.table.name, &table.name))
        {
            problems.add(table.name.span(), twice(&table.name, &other.table.name, "is declared twice"));
        }
        match model(table, tables) {
            Ok(model) => models.push(model),
            Err(error) => problems.push(error),
        }
    }
    problems.result()?;

    let mut problems = Problems::default();
    for child in 0..models.len() {
        for key in &models[child].table.keys {
            match resolve(child, key, &models) {
                Ok(key) => models[child].parents.push(key),
                Err(error) => problems.push(error),
            }
        }
    }
    problems.result()?;

    no_circle(&models)?;
    Ok(models)
}

/// Says that two have one name, and if they are spelled differently, why they are one.
fn twice(name: &Ident, other: &Ident, message: &str) -> String {
    if is_same(name, other) {
        format!("`{name}` {message}")
    } else {
        format!("`{name}` {message}: to SQLite it is `{other}`")
    }
}

/// Collects mistakes, so that all are reported at once.
#[derive(Default)]
struct Problems(Option<Error>);

impl Problems {
    fn add(&mut self, span: Span, message: String) {
        self.push(Error::new(span, message));
    }

    fn push(&mut self, error: Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            None => self.0 = Some(error),
        }
    }

    fn result(self) -> Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}

/// A table with its roles. Foreign keys need all tables, and come later.
fn model<'a>(table: &'a Table, tables: &'a Tables) -> Result<Model<'a>> {
    no_longer(&table.name)?;
    for (i, column) in table.columns.iter().enumerate() {
        no_longer(&column.name)?;
        let mut before = table.columns[..i].iter();
        if let Some(other) = before.find(|other| is_alike(&other.name, &column.name)) {
            let message = twice(&column.name, &other.name, "is given twice");
            return Err(Error::new(column.name.span(), format!("the column {message}")));
        }
    }
    for (i, role) in table.roles.iter().enumerate() {
        known(role)?;
        if table.roles[..i].iter().any(|other| other.role == role.role) {
            return Err(Error::new(role.role.span(), format!("`{}` is given twice", role.role)));
        }
    }
    let model = Model {
        table,
        name: plain(&table.name),
        key: key(table)?,
        tenant: tenant(table, tables)?,
        deleted: deleted(table, tables)?,
        version: role(table, "version")?,
        by: role(table, "by")?,
        reason: role(table, "reason")?,
        op: role(table, "op")?,
        parents: Vec::new(),
    };
    one_role_each(&model)?;
    no_second_name(&model)?;
    Ok(model)
}

/// Refuses a column with two roles: what the library writes for one role would overwrite the other. Who deletes a row
/// is not whose the row is.
fn one_role_each(model: &Model<'_>) -> Result<()> {
    let roles = [
        ("tenant", model.tenant),
        ("deleted", model.deleted),
        ("version", model.version),
        ("by", model.by),
        ("reason", model.reason),
        ("op", model.op),
    ];
    let taken: Vec<_> = roles.into_iter().filter_map(|(role, column)| Some((role, column?))).collect();
    for (i, (role, column)) in taken.iter().enumerate() {
        if let Some((other, _)) = taken[..i].iter().find(|(_, other)| std::ptr::eq(*other, *column)) {
            let message = format!("`{}` cannot be `{other}` and `{role}` at once", column.name);
            return Err(Error::new(column.name.span(), message));
        }
    }
    Ok(())
}

/// Refuses `rowid` and its synonyms if the tenant is the primary key: on SQLite they are names of that key too, and
/// could set it.
fn no_second_name(model: &Model<'_>) -> Result<()> {
    let is_key =
        model.tenant.is_some_and(|tenant| matches!(model.key[..], [key] if std::ptr::eq(key, tenant)));
    let second = |column: &&Column| {
        ["rowid", "oid", "_rowid_"].iter().any(|name| plain(&column.name).eq_ignore_ascii_case(name))
    };
    match model.table.columns.iter().find(second) {
        Some(column) if is_key => {
            let message = format!(
                "`{}` is another name of the primary key on SQLite, which is the tenant here",
                column.name
            );
            Err(Error::new(column.name.span(), message))
        }
        _ => Ok(()),
    }
}

const ROLES: &[&str] = &["key", "tenant", "deleted", "version", "by", "reason", "op"];

/// Refuses a role that does not exist.
fn known(role: &Role) -> Result<()> {
    if ROLES.iter().any(|known| role.role == known) {
        return Ok(());
    }
    let message = "unknown role; there are `key`, `tenant`, `deleted`, `version`, `by`, `reason` and `op`";
    Err(Error::new(role.role.span(), message))
}

/// The column of a role.
fn role<'a>(table: &'a Table, name: &str) -> Result<Option<&'a Column>> {
    match table.roles.iter().find(|role| role.role == name) {
        None => Ok(None),
        Some(Role { columns, .. }) if columns.len() == 1 => column(table, &columns[0]).map(Some),
        Some(role) => Err(Error::new(role.role.span(), format!("`{name}` is one column"))),
    }
}

/// The column of this name.
fn column<'a>(table: &'a Table, name: &Ident) -> Result<&'a Column> {
    let missing = || Error::new(name.span(), format!("`{}` has no column `{name}`", table.name));
    table.columns.iter().find(|column| is_same(&column.name, name)).ok_or_else(missing)
}

/// The primary key: the columns of `key`, or `id`.
fn key(table: &Table) -> Result<Vec<&Column>> {
    match table.roles.iter().find(|role| role.role == "key") {
        Some(role) => role.columns.iter().map(|name| column(table, name)).collect(),
        None => match table.columns.iter().find(|column| plain(&column.name) == "id") {
            Some(id) => Ok(vec![id]),
            None => {
                let message = format!("`{}` has no column `id`; name its primary key: `key = …`", table.name);
                Err(Error::new(table.name.span(), message))
            }
        },
    }
}

/// The tenant column, or `None` for a global table. A table is never global by accident: it has to say so.
fn tenant<'a>(table: &'a Table, tables: &'a Tables) -> Result<Option<&'a Column>> {
    let said = role(table, "tenant")?;
    let named = named_like(table, tables.tenant.as_ref());
    let name = &table.name;
    if table.is_global {
        if let Some(role) = table.roles.iter().find(|role| role.role == "tenant") {
            return Err(Error::new(role.role.span(), "a global table has no tenant column"));
        }
        return match named {
            None => Ok(None),
            Some(column) => Err(Error::new(
                column.name.span(),
                format!(
                    "`{}` says whose a row is, so the rows of `{name}` belong to tenants: declare it without `global`",
                    column.name
                ),
            )),
        };
    }
    match (said, named) {
        (Some(said), Some(named)) if !std::ptr::eq(said, named) => {
            let message = format!(
                "`{}` says whose a row is in this `tables!`, and `{name}` says that `{}` does; it cannot be both",
                named.name, said.name
            );
            Err(Error::new(named.name.span(), message))
        }
        (Some(column), _) => Ok(Some(column)),
        (None, Some(column)) => spelled_alike(column, tables.tenant.as_ref()).map(Some),
        (None, None) => {
            let missing = (tables.tenant.as_ref())
                .map_or_else(|| "tenant column".to_owned(), |name| format!("column `{name}`"));
            let message = format!(
                "`{name}` has no {missing}: say whose its rows are with `tenant = …`, or that all tenants share \
                 them with `global {name}`"
            );
            Err(Error::new(name.span(), message))
        }
    }
}

/// The column of soft deletes, if the table has one.
fn deleted<'a>(table: &'a Table, tables: &'a Tables) -> Result<Option<&'a Column>> {
    let named = named_like(table, tables.deleted.as_ref());
    match (role(table, "deleted")?, named) {
        (Some(column), _) => Ok(Some(column)),
        (None, Some(column)) => spelled_alike(column, tables.deleted.as_ref()).map(Some),
        (None, None) => Ok(None),
    }
}

/// The column with the name of a setting, or with a name that a database may take for it.
fn named_like<'a>(table: &'a Table, setting: Option<&Ident>) -> Option<&'a Column> {
    setting.and_then(|name| table.columns.iter().find(|column| is_alike(&column.name, name)))
}

/// Refuses a column that only SQLite takes for the setting's.
fn spelled_alike<'a>(column: &'a Column, setting: Option<&Ident>) -> Result<&'a Column> {
    match setting {
        Some(name) if !is_same(&column.name, name) => {
            let message =
                format!("to SQLite `{}` is `{name}`, to PostgreSQL it is not: spell both alike", column.name);
            Err(Error::new(column.name.span(), message))
        }
        _ => Ok(column),
    }
}

/// A foreign key with both tables and all columns.
fn resolve(child: usize, key: &ForeignKey, models: &[Model<'_>]) -> Result<Key> {
    let table = models[child].table;
    let span = key.parent.span();
    for name in &key.columns {
        column(table, name)?;
    }
    let unknown =
        || Error::new(span, format!("unknown table `{}`: declare it in the same `tables!`", key.parent));
    let parent =
        models.iter().position(|model| is_same(&model.table.name, &key.parent)).ok_or_else(unknown)?;
    let of_parent = &models[parent];
    let parent_columns = match &key.parent_columns {
        Some(names) => {
            for name in names {
                column(of_parent.table, name)?;
            }
            names.iter().map(plain).collect()
        }
        None => of_parent.key.iter().map(|column| plain(&column.name)).collect::<Vec<_>>(),
    };
    if parent_columns.len() != key.columns.len() {
        let message = format!("`{}` is referred to by {} columns", key.parent, parent_columns.len());
        return Err(Error::new(key.columns[0].span(), message));
    }
    if table.is_global && !of_parent.table.is_global {
        return Err(Error::new(span, "a global table cannot refer to rows that belong to tenants"));
    }
    let action = action(&models[child], key, of_parent)?;
    Ok(Key { span, child, columns: key.columns.iter().map(plain).collect(), parent, parent_columns, action })
}

/// What happens to a child, if its parent can be deleted or hidden at all.
fn action(child: &Model<'_>, key: &ForeignKey, parent: &Model<'_>) -> Result<Action> {
    // A parent that is never deleted may still be hidden together with its own parent.
    let can_vanish = parent.deleted.is_some() || hides(parent.table);
    let Some((span, action)) = &key.on_soft_delete else {
        if !can_vanish {
            return Ok(Action::Keep);
        }
        let message = format!(
            "rows of `{}` can be deleted softly: say what happens to those of `{}` with `on soft_delete cascade`, \
             `restrict`, `keep` or `hide_with(parent)`",
            key.parent, child.name
        );
        return Err(Error::new(key.parent.span(), message));
    };
    let refuse = |message: String| Err(Error::new(span.span(), message));
    if !can_vanish {
        return refuse(format!(
            "rows of `{}` are not deleted softly: it has no `deleted` column",
            key.parent
        ));
    }
    if *action == Action::Cascade {
        if child.deleted.is_none() {
            return refuse(format!(
                "`{}` has no `deleted` column to cascade to; take `hide_with(parent)`",
                child.name
            ));
        }
        for model in [child, parent] {
            if model.op.is_none() {
                let name = &model.name;
                return refuse(format!(
                    "a cascade is restored by its operation: give `{name}` a column for it with `op = …`"
                ));
            }
        }
    }
    Ok(*action)
}

/// Whether rows of the table are hidden with a parent.
fn hides(table: &Table) -> bool {
    table.keys.iter().any(|key| matches!(key.on_soft_delete, Some((_, Action::HideWithParent))))
}

/// Refuses tables that follow each other in a circle when they are deleted or hidden. A cascade within one table, a
/// tree, ends by itself.
fn no_circle(models: &[Model<'_>]) -> Result<()> {
    for key in models.iter().flat_map(|model| following(model)) {
        if reaches(key.parent, key.child, models, &mut vec![false; models.len()]) {
            let message = "tables cannot be deleted or hidden with each other in a circle";
            return Err(Error::new(key.span, message));
        }
    }
    Ok(())
}

/// Whether a table follows another, directly or not, or is that table.
fn reaches(from: usize, to: usize, models: &[Model<'_>], seen: &mut [bool]) -> bool {
    let is_new = !std::mem::replace(&mut seen[from], true);
    from == to || is_new && following(&models[from]).any(|key| reaches(key.parent, to, models, seen))
}

/// The keys along which rows of the table follow others.
fn following<'a>(model: &'a Model<'_>) -> impl Iterator<Item = &'a Key> {
    model.parents.iter().filter(|key| match key.action {
        Action::Cascade => key.parent != key.child,
        Action::HideWithParent => true,
        Action::Restrict | Action::Keep => false,
    })
}
