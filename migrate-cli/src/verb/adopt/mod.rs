//! `adopt`: takes over the folder and the history of another tool. `crate::adopt` decides what is taken; this verb reads the
//! database and the folder, asks, and writes.

mod draft;

use clap::Args;
use migrate::cli::{Console, Database, Exit, Failure, Options, confirm};
use migrate::{Engine, MigrationState, Migrator, SetState};
use serde_json::json;

use draft::{Draft, files};

use crate::adopt::{Adoption, Edits, ForeignHistory, ForeignRow, Misfit, Policy, Tool, adoption};
use crate::folder::Folder;

#[derive(Debug, Args)]
pub(crate) struct Adopt {
    /// The tool that has migrated the database. Default: the one whose history table exists
    #[arg(long, value_enum, value_name = "TOOL")]
    from: Option<Tool>,
    /// The history table of the tool. Default: its usual table
    #[arg(long, value_name = "TABLE", requires = "from")]
    table: Option<String>,
    /// Accept files that were edited after they were applied
    #[arg(long)]
    accept_edits: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// The history of another tool in the database.
struct Found {
    tool: Tool,
    table: String,
    history: ForeignHistory,
}

impl Adopt {
    pub(crate) fn run(self, folder: &Folder, options: &Options, console: &Console) -> Result<Exit, Failure> {
        let options = &options.clone().complete()?;
        let mut database = Database::open(options, console)?;
        let found = self.find(&mut database)?;
        let files = files(folder)?;
        let draft = Draft::of(&found, folder, &files, database.engine())?;
        let edits = if self.accept_edits { Edits::Accept } else { Edits::Refuse };
        let file = |path: &str| files.iter().find(|(of, _)| of == path).map(|(_, text)| text.clone());
        let adopted =
            adoption(&found.history, &draft.set, edits, file).map_err(|misfits| found.misfit(&misfits))?;
        let migrator = options.configure(Migrator::new(&draft.set));
        let Some(adopted) = adopted.filter(|adopted| !is_known(&mut database, &migrator, adopted)) else {
            let text = format!("nothing to take over from {}: our history already has it all", found.tool);
            console.answer("adopt", text, json!({ "tool": found.tool.name(), "taken": 0 }));
            return Ok(Exit::DONE);
        };
        let draft = Draft { policy: draft.policy.map(|policy| policy.linting_after(adopted.up_to)), ..draft };
        let shown = draft.shown(folder.path());
        if self.yes {
            console.note(&shown);
        } else {
            let what =
                format!("{} will be taken over, up to {}", found.migrations(adopted.count), adopted.up_to);
            confirm(console, &shown, &what, &format!("Go on with `{}`?", database.name()?))?;
            if draft::files(folder)? != files {
                return Err(Failure::new(
                    "changed",
                    "the folder has changed since it was read: nothing was written",
                )
                .help("run it again"));
            }
        }
        draft.write(folder.path())?;
        // The set of the draft is used, because the folder now holds the same files as its copy.
        let migrator = options.configure(Migrator::new(&draft.set));
        database.baseline(&migrator, adopted.up_to)?;
        found.answer(&adopted, &draft, console);
        Ok(Exit::DONE)
    }

    fn find(&self, database: &mut Database) -> Result<Found, Failure> {
        let mut found = Vec::new();
        for tool in Tool::ALL.into_iter().filter(|tool| self.from.is_none_or(|from| from == *tool)) {
            let table = self.table.clone().unwrap_or_else(|| tool.table().to_owned());
            let columns = columns(database, &table)?;
            if tool.has_columns(&columns) {
                found.push((tool, table));
            }
        }
        match <[_; 1]>::try_from(found) {
            Ok([(tool, table)]) => {
                let rows = database.texts(&tool.query(&table, database.engine()))?;
                let rows: Vec<ForeignRow> = rows.into_iter().map(ForeignRow::from).collect();
                Ok(Found { history: ForeignHistory::of(tool, &rows), tool, table })
            }
            Err(found) if found.is_empty() => {
                Err(Failure::new("no-history", "the database holds no history of another tool").help(format!(
                    "check that it is the right database; if the table has an unusual name, give `--from TOOL --table \
                     SCHEMA.TABLE`; the known tools are {}",
                    names(Tool::ALL)
                )))
            }
            Err(found) => {
                let tools = names(found.iter().map(|(tool, _)| *tool));
                Err(Failure::new("several-histories", format!("the database holds histories of {tools}"))
                    .help("give `--from TOOL` for the tool that the folder belongs to"))
            }
        }
    }
}

fn names(tools: impl IntoIterator<Item = Tool>) -> String {
    tools.into_iter().map(Tool::name).collect::<Vec<_>>().join(", ")
}

impl From<Vec<Option<String>>> for ForeignRow {
    fn from(row: Vec<Option<String>>) -> ForeignRow {
        let mut columns = row.into_iter();
        let mut next = || columns.next().flatten();
        let (version, name, checksum) = (next(), next(), next());
        ForeignRow { version, name, checksum, state: next().unwrap_or_default() }
    }
}

/// The columns of a table; none if the table does not exist.
fn columns(database: &mut Database, table: &str) -> Result<Vec<String>, Failure> {
    let name = table.replace('\'', "''");
    let sql = match database.engine() {
        Engine::Postgres => format!(
            "SELECT attname FROM pg_attribute \
             WHERE attrelid = to_regclass('{name}') AND attnum > 0 AND NOT attisdropped"
        ),
        Engine::Sqlite => format!("SELECT name FROM pragma_table_info('{name}')"),
    };
    Ok(database.texts(&sql)?.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
}

/// Whether our history already holds every migration of the adoption.
fn is_known(database: &mut Database, migrator: &Migrator<'_>, adopted: &Adoption) -> bool {
    let Ok(status) = database.status(migrator) else { return false };
    let is_there =
        |state: MigrationState| !matches!(state, MigrationState::Pending | MigrationState::OutOfOrder);
    let mut of_it = status.migrations.iter().filter(|migration| migration.version <= adopted.up_to);
    status.state != SetState::Interrupted && of_it.all(|migration| is_there(migration.state))
}

impl Found {
    /// The strictest policy. What the tool has applied cannot be edited any more, so it need not be perfect.
    fn policy(&self, engine: Engine) -> Policy {
        let policy = Policy::new(engine);
        let applied = self.history.applied.keys().copied().chain(self.history.up_to).max();
        match applied {
            Some(applied) => policy.linting_after(applied),
            None => policy,
        }
    }

    fn misfit(&self, misfits: &[Misfit]) -> Failure {
        let mut help: Vec<String> = misfits.iter().map(|misfit| misfit.help(self.tool)).collect();
        help.dedup();
        let lines: Vec<String> = misfits.iter().map(ToString::to_string).collect();
        Failure::new(
            "misfit",
            format!("the history of {} does not fit the folder\n{}", self.tool, lines.join("\n")),
        )
        .help(help.join("; "))
    }

    /// A number of migrations, such as `3 migrations of sqlx`.
    fn migrations(&self, count: usize) -> String {
        let migrations = if count == 1 { "migration" } else { "migrations" };
        format!("{count} {migrations} of {}", self.tool)
    }

    fn answer(&self, adopted: &Adoption, draft: &Draft, console: &Console) {
        let Adoption { up_to, count, proven } = adopted;
        let tool = self.tool;
        let mut text = format!("took over {}, up to {up_to}; nothing was run", self.migrations(*count));
        if *proven > 0 {
            text += &format!("\nchecksums prove that {proven} of the files are what {tool} applied");
        }
        if self.history.repeatable > 0 {
            text += &format!(
                "\n{} repeatable migrations have no counterpart here and were not taken over",
                self.history.repeatable
            );
        }
        if draft.policy.is_some() {
            text += "\nmigrate.toml was written: review and commit it";
        }
        text += &format!(
            "\n{} was not changed; drop it once every application migrates with this tool\nnext: cargo migrate lock",
            self.table
        );
        let json = json!({
            "tool": tool.name(),
            "table": self.table,
            "taken": count,
            "proven": proven,
            "version": up_to,
            "written": draft.conversion.writes.iter().map(|(path, _)| path).collect::<Vec<_>>(),
            "removed": draft.conversion.removes,
        });
        console.answer("adopt", text, json);
    }
}
