//! `dump`: writes the schema as SQL, or checks that a file holds it.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::cli::connection::Access;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::schema;

#[derive(Clone, Debug, Args)]
pub struct Dump {
    /// Write the schema to this file instead of stdout, such as migrations/schema.sql
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write nothing; exit with 1 if the file holds a different schema
    #[arg(long, requires = "output")]
    check: bool,
}

impl Dump {
    pub(super) fn run(self, session: &Session<'_>) -> Result<Exit, Failure> {
        let mut database = session.open(Access::Read)?;
        let dump = session.migrator.dump(&mut database.connection)?;
        for what in &dump.left_out {
            session.console.warn(&format!("left out: {what}"));
        }
        let Some(path) = &self.output else {
            session.console.document("dump", dump.sql.trim_end(), database.json(&dump));
            return Ok(exit(&dump));
        };
        let shown = path.display();
        let is_same = fs::read_to_string(path).is_ok_and(|file| file == dump.sql);
        if self.check && !is_same {
            return Err(Failure::new(
                "other-schema",
                format!("the file does not hold the present schema of the database\n --> {shown}"),
            )
            .help(format!(
                "look at what changed, then write the file: `{} dump --output {shown}`",
                session.console.program()
            )));
        }
        if !is_same {
            fs::write(path, &dump.sql).map_err(|error| {
                Failure::new("output", format!("cannot write the file: {error}\n --> {shown}"))
            })?;
        }
        let text = if is_same { format!("{shown} is up to date") } else { format!("wrote {shown}") };
        let json = json!({ "path": shown.to_string(), "written": !is_same, "left_out": dump.left_out });
        session.console.answer("dump", text, json);
        // A file that is only compared has no gaps that the one that wrote it has not seen.
        Ok(if self.check { Exit::DONE } else { exit(&dump) })
    }
}

/// Whether the dump holds all of the schema.
fn exit(dump: &schema::Dump) -> Exit {
    if dump.left_out.is_empty() { Exit::DONE } else { Exit::INCOMPLETE }
}
