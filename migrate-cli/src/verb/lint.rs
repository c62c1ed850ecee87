//! `lint`: prints the findings of the compiler, without compiling.

use clap::{Args, ValueEnum};
use migrate::Version;
use migrate::cli::{Console, Exit, Failure};
use migrate_core::{Diagnostic, HazardProblem, Problem, Severity};
use serde_json::{Value, json};

use crate::folder::Folder;

#[derive(Debug, Args)]
pub(crate) struct Lint {
    /// Exit with 1 for warnings too
    #[arg(long, value_enum, value_name = "WHAT")]
    deny: Option<Deny>,
    /// Report hazards from this version on, instead of `lint-from` in migrate.toml
    #[arg(long, value_name = "VERSION")]
    since: Option<Version>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Deny {
    Warnings,
}

impl Lint {
    pub(crate) fn run(self, folder: &Folder, console: &Console) -> Result<Exit, Failure> {
        let (count, found) = match folder.check_since(self.since)? {
            Ok(checked) => (Some(checked.set.migrations().len()), checked.warnings),
            Err(diagnostics) => (None, diagnostics.iter().cloned().collect()),
        };
        let of = |severity| found.iter().filter(|one| one.severity == severity).count();
        let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
        if !console.is_json() {
            found.iter().for_each(|diagnostic| console.diagnostic(diagnostic));
        }
        console.answer(
            "lint",
            summary(count, errors, warnings),
            json!({
                "errors": errors,
                "warnings": warnings,
                "findings": found.iter().map(finding).collect::<Vec<_>>(),
            }),
        );
        let fails = errors > 0 || (warnings > 0 && self.deny == Some(Deny::Warnings));
        Ok(if fails { Exit::FAILED } else { Exit::DONE })
    }
}

fn summary(count: Option<usize>, errors: usize, warnings: usize) -> String {
    let counted = |count: usize, noun: &str| match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    };
    match (count, errors, warnings) {
        (Some(count), 0, 0) => format!("nothing found in {}", counted(count, "migration")),
        (_, 0, _) => counted(warnings, "warning"),
        (_, _, 0) => counted(errors, "error"),
        _ => format!("{}, {}", counted(errors, "error"), counted(warnings, "warning")),
    }
}

fn finding(diagnostic: &Diagnostic) -> Value {
    let (hazard, risk) = match &diagnostic.problem {
        Problem::Hazard(HazardProblem::Found { hazard, risk, .. }) => {
            (Some(hazard.to_string()), Some(risk.to_string()))
        }
        _ => (None, None),
    };
    json!({
        "code": diagnostic.problem.code(),
        "severity": if diagnostic.severity == Severity::Error { "error" } else { "warning" },
        "hazard": hazard,
        "risk": risk,
        "message": diagnostic.problem.to_string(),
        "path": diagnostic.path,
        "position": diagnostic.position,
        "help": diagnostic.problem.help(),
    })
}
