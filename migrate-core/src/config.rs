use glob::Pattern;
use regex_lite::Regex;
use serde::Deserialize;

use crate::Dialect;

/// The policy's file, at the top of the migrations folder.
pub(crate) const CONFIG_FILE: &str = "migrate.toml";

/// `migrate.toml`: the policy of a migrations folder.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    pub(crate) dialect: Dialect,
    /// The name of the set in the history table.
    pub(crate) set: Option<String>,
    pub(crate) rollback: RollbackPolicy,
    /// Files of the folder that are no migrations.
    #[serde(deserialize_with = "globs")]
    pub(crate) ignore: Vec<Pattern>,
    pub(crate) names: Option<NamePolicy>,
}

/// Whether each migration must have a way back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RollbackPolicy {
    #[default]
    Required,
    /// A migration without a rollback script is irreversible, without a word about it.
    Optional,
}

/// What a migration may be called.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NamePolicy {
    /// A regular expression that the whole name must match.
    #[serde(default, deserialize_with = "pattern")]
    pub(crate) pattern: Option<Regex>,
    /// Names that say nothing.
    #[serde(default = "vague_names")]
    pub(crate) vague: Vec<String>,
}

fn vague_names() -> Vec<String> {
    ["update", "changes", "fix", "migration", "new_fields"].map(str::to_owned).to_vec()
}

fn globs<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Pattern>, D::Error> {
    let globs = Vec::<String>::deserialize(deserializer)?;
    let pattern = |glob: &String| {
        Pattern::new(glob)
            .map_err(|error| serde::de::Error::custom(format_args!("`ignore`: {} in `{glob}`", error.msg)))
    };
    globs.iter().map(pattern).collect()
}

fn pattern<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Regex>, D::Error> {
    let pattern = String::deserialize(deserializer)?;
    Regex::new(&format!("^(?:{pattern})$"))
        .map(Some)
        .map_err(|error| serde::de::Error::custom(format_args!("`names.pattern`: {error}")))
}

/// What is wrong with a TOML file: the message of its first line, and the byte where it stands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct InvalidToml {
    pub(crate) message: String,
    pub(crate) offset: usize,
}

impl Config {
    pub(crate) fn parse(text: &str) -> Result<Config, InvalidToml> {
        parse_toml(text)
    }

    /// Whether the file at this path inside the folder is declared to be no migration.
    pub(crate) fn ignores(&self, path: &str) -> bool {
        self.ignore.iter().any(|pattern| pattern.matches(path))
    }
}

/// diesel's `metadata.toml` beside `up.sql`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Metadata {
    #[serde(default = "yes")]
    pub(crate) run_in_transaction: bool,
}

fn yes() -> bool {
    true
}

impl Metadata {
    pub(crate) fn parse(text: &str) -> Result<Metadata, InvalidToml> {
        parse_toml(text)
    }
}

fn parse_toml<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, InvalidToml> {
    toml::from_str(text).map_err(|error: toml::de::Error| InvalidToml {
        message: error.message().to_owned(),
        offset: error.span().map_or(0, |span| span.start),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_read() {
        let config = Config::parse(
            r#"
            dialect = "sqlite"
            set = "billing"
            rollback = "optional"
            ignore = ["notes/**", "*.bak"]
            [names]
            pattern = "[a-z_]+"
            "#,
        )
        .unwrap();
        assert_eq!(config.dialect, Dialect::Sqlite);
        assert_eq!(config.set.as_deref(), Some("billing"));
        assert_eq!(config.rollback, RollbackPolicy::Optional);
        assert!(config.ignores("notes/a/b.txt") && !config.ignores("a.sql"));
        let names = config.names.unwrap();
        let pattern = names.pattern.unwrap();
        assert!(pattern.is_match("add_user") && !pattern.is_match("AddUser") && !pattern.is_match("add_2"));
        assert!(names.vague.contains(&"fix".to_owned()));
    }

    #[test]
    fn nothing_is_the_default() {
        let config = Config::parse("").unwrap();
        assert_eq!(config.dialect, Dialect::Postgres);
        assert_eq!(config.rollback, RollbackPolicy::Required);
        assert!(config.names.is_none() && config.ignore.is_empty());
    }

    #[test]
    fn an_error_says_where() {
        let wrong = [
            ("rolback = 'optional'", 0, "unknown field `rolback`"),
            ("set = 'a'\nrollback = 'never'", 21, "unknown variant `never`"),
            ("ignore = ['a', '[']", 9, "`ignore`: invalid range pattern in `[`"),
            ("[names]\npattern = '('", 18, "`names.pattern`: found open group"),
            ("dialect = ", 10, "string values must be quoted"),
        ];
        for (text, offset, message) in wrong {
            let error = Config::parse(text).unwrap_err();
            assert!(error.message.contains(message), "{text}: {error:?}");
            assert_eq!(error.offset, offset, "{text}: {error:?}");
        }
        assert!(Metadata::parse("run_in_transation = false").is_err());
        assert!(Metadata::parse("").unwrap().run_in_transaction);
    }
}
