//! `docs/day-one.md`: every command of the page, in the order of the page, with what it prints.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::project::{Project, VARIABLES};

/// A part of a section of the page, in order.
enum Part {
    /// A command, and the output on the page; empty if the page shows none.
    Command { command: String, prints: String },
    /// A script that the reader writes.
    Script { path: String, sql: String },
}

/// The parts of each section.
fn sections() -> Vec<(String, Vec<Part>)> {
    let page = fs::read_to_string(repository().join("docs/day-one.md")).unwrap();
    let mut sections: Vec<(String, Vec<Part>)> = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("## ") {
            sections.push((title.to_owned(), Vec::new()));
        } else if let Some(language) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let (_, parts) = sections.last_mut().unwrap();
            match language {
                "console" => parts.extend(commands(&block)),
                "sql" => parts.push(script(&block)),
                other => panic!("a block of `{other}` is neither run nor written"),
            }
        }
    }
    sections
}

fn commands(block: &[&str]) -> Vec<Part> {
    let mut parts = Vec::new();
    for line in block {
        match (line.strip_prefix("$ "), parts.last_mut()) {
            (Some(command), _) => {
                parts.push(Part::Command { command: command.to_owned(), prints: String::new() });
            }
            (None, Some(Part::Command { prints, .. })) => *prints += &format!("{line}\n"),
            (None, _) => panic!("`{line}` is printed by no command"),
        }
    }
    parts
}

fn script(block: &[&str]) -> Part {
    let path = block[0].strip_prefix("-- ").unwrap().to_owned();
    Part::Script { path, sql: block[1..].join("\n") + "\n" }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A reader of the page, in an empty folder.
struct Reader {
    project: Project,
    /// A folder with a `cargo` that leads to the program under test.
    bin: PathBuf,
    folder: PathBuf,
    variables: BTreeMap<String, String>,
}

/// `cargo install` would build for minutes what is built already; that there is such a package is looked at.
const CARGO: &str = "#!/bin/sh
case $1 in
migrate) exec \"$UNDER_TEST\" \"$@\" ;;
install) [ \"$2\" = --path ] && [ -f \"$REPOSITORY/$3/Cargo.toml\" ] ;;
*) exit 99 ;;
esac
";

impl Reader {
    fn new(project: Project) -> Reader {
        project.put("bin/cargo", CARGO);
        let (bin, folder) = (project.path().join("bin"), project.path().join("shop"));
        fs::set_permissions(bin.join("cargo"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(&folder).unwrap();
        Reader { project, bin, folder, variables: BTreeMap::new() }
    }

    fn follow(&mut self, parts: &[Part]) {
        for part in parts {
            match part {
                Part::Script { path, sql } => self.write(path, sql),
                Part::Command { command, prints } => match command.strip_prefix("export ") {
                    Some(variable) => self.set(variable),
                    None => self.run(command, prints),
                },
            }
        }
    }

    /// The page's server is another one.
    fn set(&mut self, variable: &str) {
        let (name, value) = variable.split_once('=').unwrap();
        let value = if value.starts_with("postgres:") { self.project.url.clone() } else { value.to_owned() };
        self.variables.insert(name.to_owned(), value);
    }

    /// The file is there already, under a version that is another one on each day.
    fn write(&self, path: &str, sql: &str) {
        let name = path.split_once('_').unwrap().1;
        let mut files =
            fs::read_dir(self.folder.join("migrations")).unwrap().map(|entry| entry.unwrap().path());
        let is_meant = |file: &PathBuf| file.to_str().unwrap().ends_with(&format!("_{name}"));
        let file = files.find(is_meant).unwrap_or_else(|| panic!("`new` made no {name}"));
        fs::write(file, sql).unwrap();
    }

    fn run(&self, command: &str, prints: &str) {
        let mut shell = Command::new("sh");
        for name in VARIABLES {
            shell.env_remove(name);
        }
        let path = format!("{}:{}", self.bin.display(), std::env::var("PATH").unwrap());
        shell.env("PATH", path).env("UNDER_TEST", env!("CARGO_BIN_EXE_cargo-migrate"));
        shell.env("REPOSITORY", repository()).envs(&self.variables).current_dir(&self.folder);
        let here = self.project.database.as_ref().map_or("shop", |database| database.name());
        let command = command.replace("--database shop", &format!("--database {here}"));
        let output = shell.args(["-c", &format!("{{ {command}\n}} 2>&1")]).output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let is_behind = command.starts_with("cargo migrate status") && output.status.code() == Some(1);
        assert!(output.status.success() || is_behind, "$ {command}\n{printed}");
        if !prints.is_empty() {
            assert_eq!(self.comparable(&printed), self.comparable(prints), "$ {command}");
        }
    }

    /// Without what is another at each run.
    fn comparable(&self, text: &str) -> String {
        let text = text.replace("postgresql://ada@localhost:5432/shop", "[server]/[database]");
        let text = text.replace("`shop`", "`[database]`");
        let text =
            regex_lite::Regex::new(r"\b\d{14}_").unwrap().replace_all(&text, "[version]_").into_owned();
        self.project.redact(&text)
    }
}

#[test]
fn every_command_of_the_page_does_what_the_page_says() {
    let mut followed = Vec::new();
    for (title, parts) in sections() {
        let commands = parts.iter().filter(|part| matches!(part, Part::Command { .. })).count();
        if commands > 0 {
            let project =
                if title == "PostgreSQL" { Project::postgres("day_one") } else { Project::sqlite() };
            Reader::new(project).follow(&parts);
            followed.push(title);
        }
    }
    assert_eq!(followed, ["Install", "SQLite", "PostgreSQL"]);
}

/// The verbs that the table of other tools names are verbs here.
#[test]
fn every_verb_of_the_table_is_known() {
    let page = fs::read_to_string(repository().join("docs/day-one.md")).unwrap();
    let (_, table) = page.split_once("| you type | here |").unwrap();
    let mut verbs = 0;
    let project = Project::sqlite();
    for line in table.lines().skip(2) {
        let here = line.split('|').nth(2).unwrap();
        for phrase in here.split('`').skip(1).step_by(2) {
            let words: Vec<&str> =
                phrase.split_whitespace().filter(|word| !matches!(*word, "V" | "N")).collect();
            if words[0].starts_with("--") {
                continue;
            }
            project.run(&[words[0], "--help"]).exits(0).answers("Usage: cargo migrate ");
            for option in words.iter().filter(|word| word.starts_with("--")) {
                project.run(&[words[0], "--help"]).answers(option);
            }
            verbs += 1;
        }
    }
    assert!(verbs > 40, "{verbs}");
}
