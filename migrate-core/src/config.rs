//! `migrate.toml`: the policy of a migrations folder.
//!
//! Text comes in, a [`Config`] goes out, or an [`InvalidToml`] with the byte where the problem is. serde refuses unknown keys
//! and names the known ones; a test holds the table of the crate's page to that list. `rollback = "optional"` becomes
//! `RollbackPolicy::Optional`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use glob::Pattern;
use regex_lite::Regex;
use serde::Deserialize;

use crate::defaults::Defaults;
use crate::duration::duration;
use crate::problem::PolicyProblem;
use crate::{Dialect, Hazard, Risk, Version};

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
    pub(crate) lock: LockPolicy,
    /// Files of the folder that are not migrations.
    #[serde(deserialize_with = "globs")]
    pub(crate) ignore: Vec<Pattern>,
    pub(crate) names: Option<NamePolicy>,
    /// The oldest PostgreSQL that the migrations run on.
    pub(crate) postgres: Option<u32>,
    /// The first version whose hazards are reported: older migrations ran long ago.
    #[serde(rename = "lint-from", deserialize_with = "version")]
    pub(crate) lint_from: Option<Version>,
    /// The column that names the tenant of a row.
    pub(crate) tenant: Option<String>,
    /// The column that marks a row as deleted softly.
    pub(crate) deleted: Option<String>,
    /// The tables that belong to no tenant.
    pub(crate) global: BTreeSet<String>,
    pub(crate) hazards: HazardPolicy,
    pub(crate) history: HistoryPlace,
    pub(crate) run: RunLimits,
    pub(crate) drift: DriftPolicy,
}

/// Where the history is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct HistoryPlace {
    schema: Option<String>,
    prefix: Option<String>,
}

/// How long a run waits.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct RunLimits {
    lock_timeout: Option<Time>,
    lock_deadline: Option<Time>,
    statement_timeout: Option<Time>,
}

/// A time such as `"5s"`.
#[derive(Clone, Copy, Debug)]
struct Time(Duration);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
        let text = String::deserialize(deserializer)?;
        let invalid = || {
            let help = "write a number and `ms`, `s`, `min` or `h`, such as `5s`";
            serde::de::Error::custom(format_args!("`{text}` is not a time; {help}"))
        };
        duration(&text).map(Time).ok_or_else(invalid)
    }
}

/// What of a database is compared and dumped.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DriftPolicy {
    #[serde(deserialize_with = "lines")]
    schemas: String,
    #[serde(deserialize_with = "lines")]
    ignore: String,
}

/// A list of names or patterns, one in each line.
fn lines<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let list = Vec::<String>::deserialize(deserializer)?;
    match list.iter().find(|one| one.trim().is_empty() || one.contains('\n')) {
        Some(one) => Err(serde::de::Error::custom(format_args!("{one:?} is no name"))),
        None => Ok(list.join("\n")),
    }
}

/// The levels of `[hazards]`, for hazards that no script allows. A key is the name of a hazard, or `high`, `controlled` or
/// `safe` for all hazards of that risk.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct HazardPolicy(BTreeMap<Subject, Level>);

/// What a level is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Hazard(Hazard),
    Risk(Risk),
}

/// What is done about a hazard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// Nothing.
    Allow,
    /// A warning.
    Warn,
    /// An error.
    Deny,
}

impl HazardPolicy {
    /// The level for a statement in the form that its rule recommends: nothing, unless the hazard has a level of its own.
    pub(crate) fn level_of_recommended(&self, hazard: Hazard) -> Level {
        self.0.get(&Subject::Hazard(hazard)).copied().unwrap_or(Level::Allow)
    }

    /// The level for a hazard of this risk.
    pub(crate) fn level(&self, hazard: Hazard, risk: Risk) -> Level {
        let of = |subject| self.0.get(&subject).copied();
        of(Subject::Hazard(hazard)).or_else(|| of(Subject::Risk(risk))).unwrap_or(match risk {
            Risk::High => Level::Deny,
            Risk::Controlled => Level::Warn,
            Risk::Safe => Level::Allow,
        })
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Subject, D::Error> {
        let name = String::deserialize(deserializer)?;
        let risk = match name.as_str() {
            "high" => Some(Risk::High),
            "controlled" => Some(Risk::Controlled),
            "safe" => Some(Risk::Safe),
            _ => None,
        };
        let unknown = || match Hazard::closest(&name) {
            Some(closest) => format!("there is no hazard `{name}`; did you mean `{closest}`?"),
            None => format!("there is no hazard `{name}`; `cargo migrate explain` lists them"),
        };
        risk.map(Subject::Risk)
            .or_else(|| Hazard::from_name(&name).map(Subject::Hazard))
            .ok_or_else(|| serde::de::Error::custom(unknown()))
    }
}

/// Whether each migration must have a rollback.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum RollbackPolicy {
    #[default]
    Required,
    /// A migration without a rollback script is irreversible, and does not have to say so.
    Optional,
}

/// Whether each migration must be in the lock file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LockPolicy {
    /// A migration that is not in it is a draft, and there may be no lock file.
    #[default]
    IfPresent,
    Required,
}

/// Which names a migration may have.
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

fn version<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Version>, D::Error> {
    let number = i64::deserialize(deserializer)?;
    let invalid = || serde::de::Error::custom(format_args!("`lint-from`: {number} is not a version"));
    Version::from_i64(number).map(Some).ok_or_else(invalid)
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

/// What is wrong with a TOML file: the first line of the message, and the byte where the problem is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct InvalidToml {
    pub(crate) message: String,
    pub(crate) offset: usize,
}

impl Config {
    pub(crate) fn parse(text: &str) -> Result<Config, InvalidToml> {
        parse_toml(text)
    }

    /// Why the policy rejects the name of a migration.
    pub(crate) fn problem_of_name(&self, name: &str) -> Option<PolicyProblem> {
        let policy = self.names.as_ref()?;
        let name = name.to_owned();
        if policy.vague.contains(&name) {
            return Some(PolicyProblem::VagueName { name });
        }
        let fits = policy.pattern.as_ref().is_none_or(|pattern| pattern.is_match(&name));
        (!fits).then_some(PolicyProblem::NameOutsidePattern { name })
    }

    /// What a migrator of the set begins with.
    pub(crate) fn defaults(&self) -> Defaults {
        let Config { history, run, drift, .. } = self.clone();
        let time = |time: Option<Time>| time.map(|Time(time)| time);
        Defaults {
            history_schema: history.schema.map(Into::into),
            history_prefix: history.prefix.map(Into::into),
            lock_timeout: time(run.lock_timeout),
            lock_deadline: time(run.lock_deadline),
            statement_timeout: time(run.statement_timeout),
            drift_schemas: drift.schemas.into(),
            drift_ignore: drift.ignore.into(),
        }
    }

    /// Whether the policy says that the file at this path inside the folder is not a migration.
    pub(crate) fn ignores(&self, path: &str) -> bool {
        self.ignore.iter().any(|pattern| pattern.matches(path))
    }
}

/// diesel's `metadata.toml`, next to `up.sql`.
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
            lock = "required"
            ignore = ["notes/**", "*.bak"]
            postgres = 15
            lint-from = 20250101000000
            tenant = "business_id"
            deleted = "deleted_at"
            global = ["currencies"]
            [names]
            pattern = "[a-z_]+"
            [hazards]
            controlled = "deny"
            drop-column = "warn"
            [history]
            schema = "app"
            prefix = "shop"
            [run]
            lock-timeout = "500ms"
            lock-deadline = "1h"
            statement-timeout = "2min"
            [drift]
            schemas = ["app", "public"]
            ignore = ["app.events_*"]
            "#,
        )
        .unwrap();
        assert_eq!(config.dialect, Dialect::Sqlite);
        assert_eq!(config.set.as_deref(), Some("billing"));
        assert_eq!(config.rollback, RollbackPolicy::Optional);
        assert_eq!(config.lock, LockPolicy::Required);
        assert!(config.ignores("notes/a/b.txt") && !config.ignores("a.sql"));
        assert_eq!((config.postgres, config.lint_from), (Some(15), Version::new(20_250_101_000_000)));
        assert_eq!(config.tenant.as_deref(), Some("business_id"));
        assert_eq!(config.deleted.as_deref(), Some("deleted_at"));
        assert!(config.global.contains("currencies"));
        let level = |hazard: Hazard, risk| config.hazards.level(hazard, risk);
        assert_eq!(level(Hazard::DropColumn, Risk::High), Level::Warn);
        assert_eq!(level(Hazard::DropTable, Risk::High), Level::Deny);
        assert_eq!(level(Hazard::IndexDrop, Risk::Controlled), Level::Deny);
        // A recommended form is reported only if its own hazard is named.
        let recommended = |hazard: Hazard| config.hazards.level_of_recommended(hazard);
        assert_eq!(recommended(Hazard::DropColumn), Level::Warn);
        assert_eq!(recommended(Hazard::IndexDrop), Level::Allow);
        let defaults = Defaults {
            history_schema: Some("app".into()),
            history_prefix: Some("shop".into()),
            lock_timeout: Some(Duration::from_millis(500)),
            lock_deadline: Some(Duration::from_secs(3600)),
            statement_timeout: Some(Duration::from_secs(120)),
            drift_schemas: "app\npublic".into(),
            drift_ignore: "app.events_*".into(),
        };
        assert_eq!(config.defaults(), defaults);
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
        assert_eq!(config.lock, LockPolicy::IfPresent);
        assert_eq!(Config::parse("lock = 'if-present'").unwrap().lock, LockPolicy::IfPresent);
        assert!(config.names.is_none() && config.ignore.is_empty());
        assert_eq!(config.defaults(), Defaults::NONE);
    }

    #[test]
    fn an_error_says_where() {
        let wrong = [
            ("rolback = 'optional'", 0, "unknown field `rolback`"),
            ("set = 'a'\nrollback = 'never'", 21, "unknown variant `never`"),
            ("ignore = ['a', '[']", 9, "`ignore`: invalid range pattern in `[`"),
            ("[names]\npattern = '('", 18, "`names.pattern`: found open group"),
            ("lint-from = -1", 12, "`lint-from`: -1 is not a version"),
            ("[hazards]\ndrop-colunm = 'warn'", 10, "no hazard `drop-colunm`; did you mean `drop-column`?"),
            ("[hazards]\ndrop-column = 'warning'", 24, "unknown variant `warning`"),
            ("[run]\nlock-timeout = 'soon'", 21, "`soon` is not a time; write a number and `ms`"),
            ("[run]\nlock_timeout = '5s'", 6, "unknown field `lock_timeout`"),
            ("[drift]\nignore = ['']", 17, "\"\" is no name"),
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
