//! `--template validate`: checks the old rows for a foreign key or a CHECK that is NOT VALID, while others read and write.

use migrate::cli::Failure;

use super::conventions::Conventions;
use super::{Identifier, Scripts};

pub(super) const DOWN: &str =
    "-- migrate: nothing-to-undo \"the constraint refuses the same rows whether it is valid or not\"\n";

pub(super) const ALLOW: &str = "-- migrate: allow long-validate \"nothing else is in this migration\"\n";

pub(super) fn scripts(table: &Identifier, constraint: &Identifier) -> Scripts {
    Scripts {
        up: format!("{ALLOW}ALTER TABLE {table} VALIDATE CONSTRAINT {constraint};\n"),
        down: DOWN.to_owned(),
    }
}

/// The table and constraint that are meant: what is given, else the only constraint of the folder, of this table or of this
/// name, that is NOT VALID.
pub(super) fn meant(
    table: Option<&Identifier>,
    constraint: Option<&str>,
    conventions: &Conventions<'_>,
) -> Result<(Identifier, Identifier), Failure> {
    if let (Some(table), Some(constraint)) = (table, constraint) {
        return Ok((conventions.found(table), Identifier::new(constraint)?));
    }
    let of_table = |name: &Identifier| match table {
        Some(table) => conventions.found(table).parts() == name.parts(),
        None => true,
    };
    let mut found = Vec::new();
    for known in conventions.tables() {
        let Ok(name) = Identifier::new(&known.name) else { continue };
        let name = name.or_schema(known.schema.as_deref());
        let is_meant = |name: &&String| constraint.is_none_or(|constraint| constraint == *name);
        for unvalidated in known.unvalidated.iter().filter(is_meant).filter(|_| of_table(&name)) {
            found.push((name.clone(), Identifier::new(unvalidated)?));
        }
    }
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(Failure::new("template", "no migration leaves such a constraint NOT VALID")
            .help("give `--table` and `--constraint` of the one to validate")),
        _ => {
            let names: Vec<String> =
                found.iter().map(|(table, constraint)| format!("{constraint} of {table}")).collect();
            Err(Failure::new("template", format!("these constraints are NOT VALID: {}", names.join(", ")))
                .help("give `--table` and `--constraint` of the one to validate"))
        }
    }
}
