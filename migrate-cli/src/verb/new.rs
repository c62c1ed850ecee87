//! `new`: adds the files of a migration to the folder.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use clap::Args;
use migrate::cli::{Console, Exit, Failure};
use migrate_core::NewMigration;
use serde_json::json;

use crate::folder::Folder;
use crate::moment;
use crate::template::{Part, Project, Scripts, Subject, Template};

#[derive(Debug, Args)]
pub(crate) struct New {
    /// The name of the migration: what it does, such as `create_orders`
    name: String,
    /// The subfolder for the migration, which groups it with others
    #[arg(long, value_name = "FOLDER")]
    domain: Option<String>,
    /// Write the scripts of a common change
    #[arg(long, short, value_enum)]
    template: Option<Template>,
    /// The table for the template. Default: the one that the name contains
    #[arg(long, requires = "template", value_name = "[SCHEMA.]NAME")]
    table: Option<String>,
    /// The column for the template; can be repeated for an index on several columns
    #[arg(long = "column", requires = "template", value_name = "NAME")]
    columns: Vec<String>,
    /// The constraint for the template
    #[arg(long, requires = "template", value_name = "NAME")]
    constraint: Option<String>,
    /// The type of the column. Default: text
    #[arg(long = "type", requires = "template", value_name = "TYPE")]
    column_type: Option<String>,
}

impl New {
    pub(crate) fn run(self, folder: &Folder, console: &Console) -> Result<Exit, Failure> {
        let name = name(&self.name)?;
        let domain = self.domain.as_deref().map(domain).transpose()?.unwrap_or_default();
        let outline = folder.outline()?;
        let parts = match self.template {
            Some(template) => {
                let tables = folder.tables(&outline)?;
                let (tenant, deleted) = (outline.tenant(), outline.deleted());
                let project = Project { dialect: outline.dialect(), tenant, deleted, tables: &tables };
                let subject = Subject {
                    table: self.table,
                    columns: self.columns,
                    column_type: self.column_type,
                    constraint: self.constraint,
                };
                template.parts(&name, subject, project)?
            }
            None => vec![Part { name: name.clone(), scripts: blank(&name) }],
        };
        let names: Vec<&str> = parts.iter().map(|part| part.name.as_str()).collect();
        let new = outline.new_migrations(&domain, &names, moment::now())?;
        let mut paths = Vec::new();
        let mut migrations = Vec::new();
        for (new, part) in new.iter().zip(&parts) {
            let written = write(folder, new, &part.scripts)?;
            migrations.push(json!({ "version": new.version, "name": part.name, "paths": written }));
            paths.extend(written);
        }
        let version = new.last().map(|new| new.version);
        console.answer(
            "new",
            paths.join("\n"),
            json!({ "version": version, "name": name, "paths": paths, "migrations": migrations }),
        );
        Ok(Exit::DONE)
    }
}

/// Writes the files of a migration, and returns their paths.
fn write(folder: &Folder, new: &NewMigration, scripts: &Scripts) -> Result<Vec<String>, Failure> {
    let files = [Some((&new.up, &scripts.up)), new.down.as_ref().map(|down| (down, &scripts.down))];
    let mut paths = Vec::new();
    for (file, script) in files.into_iter().flatten() {
        let path = folder.path().join(file);
        create(&path, script).map_err(|error| unwritten(&path, &error))?;
        paths.push(path.to_string_lossy().into_owned());
    }
    Ok(paths)
}

/// The name for the files: words separated by `_`.
fn name(text: &str) -> Result<String, Failure> {
    let name = text.split_whitespace().collect::<Vec<_>>().join("_");
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    if name.is_empty() || name.starts_with('_') || !name.chars().all(is_word) {
        return Err(Failure::new("name", format!("`{text}` cannot be part of a file name"))
            .help("write letters, digits, `_` and `-`, such as `create_orders`"));
    }
    Ok(name)
}

/// The path of a subfolder.
fn domain(text: &str) -> Result<String, Failure> {
    let is_part =
        |part: &str| part.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-')) && !part.is_empty();
    let domain = text.trim_end_matches('/');
    if domain.split('/').all(is_part) {
        Ok(domain.to_owned())
    } else {
        Err(Failure::new("name", format!("`{text}` is not a folder inside the folder of the migrations"))
            .help("write letters, digits, `_` and `-`, such as `billing`"))
    }
}

/// Scripts with a comment only. They have no statement, which is an error until the user writes one.
fn blank(name: &str) -> Scripts {
    Scripts { up: format!("-- {name}\n\n"), down: format!("-- Undoes {name}.\n\n") }
}

/// Writes a new file. It never replaces one.
fn create(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    File::create_new(path)?.write_all(text.as_bytes())
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    Failure::new("write", format!("cannot write {}: {error}", path.display()))
        .help("check that you may write there, and try again")
}
