//! The schema that is kept next to the history, so that a change by hand can be told apart from a run's.
//!
//! The table has the rows of a fingerprint, each with a state:
//!
//! | state | what it says |
//! |---|---|
//! | `kept` | the schema as the runs left it |
//! | `added`, `removed` | before the last run began, a change by hand had added or removed this |
//! | `head` | the last row of the log that `kept` knows of, and how it was written |
//!
//! A run notes the changes by hand before it changes anything itself. At its end it keeps the schema, except for noted
//! changes that are still there. A run that was killed in between leaves a head that is not the last row of the log, or an
//! interrupted row of the history: then drift is unknown.

use std::collections::BTreeMap;

use super::Drift;
use crate::fingerprint::postgres::options;
use crate::fingerprint::{Fingerprint, Selection};
use crate::{Engine, Value, Version};

/// The version of the rows' definition: rows of another version, or of another server, cannot be compared.
pub(crate) const FORMAT: &str = "1";

/// Kind, schema, parent, name and property: the key of a row.
type Key = [String; 5];
type Rows = BTreeMap<Key, String>;

/// The kept schema, and the present one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptSchema {
    kept: Rows,
    added: Rows,
    removed: Rows,
    head: Option<Head>,
    live: Rows,
    /// The last row of the log, and the format of the rows to write.
    now: Head,
    /// The version in the first row of the log after the head.
    since: Option<Version>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Head {
    log: String,
    format: String,
}

impl KeptSchema {
    /// Reads the answer to [`HistoryTable::kept_schema`](crate::HistoryTable::kept_schema).
    ///
    /// # Errors
    ///
    /// When a row is not one that this version of the library understands; with what is wrong in it.
    pub fn from_rows(rows: &[Vec<Value>]) -> Result<KeptSchema, String> {
        let mut kept = KeptSchema::default();
        let (mut head_log, mut head_format) = (None, None);
        for row in rows {
            let texts: Option<Vec<String>> =
                row.iter().map(|value| value.as_text().map(str::to_owned)).collect();
            let texts: Option<[String; 7]> = texts.and_then(|texts| texts.try_into().ok());
            let Some([state, kind, schema, parent, name, property, value]) = texts else {
                return Err(format!("it reads {row:?}"));
            };
            match (state.as_str(), property.as_str()) {
                ("head", "log") => head_log = Some(value),
                ("head", "format") => head_format = Some(value),
                ("now", "log") => kept.now.log = value,
                ("now", "format") => kept.now.format = value,
                ("since", _) => kept.since = value.parse().ok().and_then(Version::from_i64),
                (state, _) => {
                    let rows = match state {
                        "kept" => &mut kept.kept,
                        "added" => &mut kept.added,
                        "removed" => &mut kept.removed,
                        "live" => &mut kept.live,
                        _ => return Err(format!("it is in an unknown state, {state}")),
                    };
                    // SQLite's columns have no such property.
                    let value = match (kind.as_str(), property.as_str()) {
                        ("column", "options") => options::of_column(&value),
                        _ => Some(value),
                    };
                    if let Some(value) = value {
                        rows.insert([kind, schema, parent, name, property], value);
                    }
                }
            }
        }
        kept.head = head_log.zip(head_format).map(|(log, format)| Head { log, format });
        Ok(kept)
    }

    /// How the present schema compares with the kept one, in the part that is looked at. All of it is kept, so that a pattern
    /// can be taken away again.
    ///
    /// # Errors
    ///
    /// As [`KeptSchema::from_rows`].
    pub fn drift(&self, engine: Engine, selection: &Selection) -> Result<Drift, String> {
        let Some(head) = &self.head else { return Ok(Drift::NothingKept) };
        if let Some(since) = self.since {
            return Ok(Drift::Unknown { since });
        }
        if head.format != self.now.format {
            return Ok(Drift::OtherFormat);
        }
        let [kept, live] = [&self.kept, &self.live].map(|rows| fingerprint(engine, rows));
        let difference = kept?.selected(selection).diff(&live?.selected(selection));
        Ok(Drift::Known { difference })
    }

    /// Notes the changes by hand, before a run. If the head is not the last row of the log they are unknown, and the
    /// earlier notes stay.
    pub fn note(&mut self) {
        let is_known = self.since.is_none() && self.is_comparable();
        if is_known {
            self.added = without(&self.live, &self.kept);
            self.removed = without(&self.kept, &self.live);
        }
    }

    /// Keeps the schema as it is after a run, except for changes by hand from before that are still there.
    pub fn keep(&mut self) {
        if !self.is_comparable() {
            self.added.clear();
            self.removed.clear();
        }
        self.kept = self.live.clone();
        for key in self.added.keys().chain(self.removed.keys()) {
            if self.live.get(key) == self.added.get(key) {
                match self.removed.get(key) {
                    Some(value) => self.kept.insert(key.clone(), value.clone()),
                    None => self.kept.remove(key),
                };
            }
        }
        self.head = Some(self.now.clone());
    }

    /// Keeps the schema as it is, with all that was changed by hand.
    pub fn accept(&mut self) {
        self.added.clear();
        self.removed.clear();
        self.keep();
    }

    /// All rows of the table.
    pub fn rows(&self) -> Vec<[&str; 7]> {
        self.rows_unless(|_, _, _| false)
    }

    /// The rows of the table that `other` does not have, and always the head.
    pub fn rows_without(&self, other: &KeptSchema) -> Vec<[&str; 7]> {
        let others = [&other.kept, &other.added, &other.removed];
        self.rows_unless(|state, key, value| others[state].get(key).is_some_and(|other| other == value))
    }

    /// All rows except those for which `leaves_out` holds, by the number of the state, the key and the value.
    fn rows_unless(&self, leaves_out: impl Fn(usize, &Key, &str) -> bool) -> Vec<[&str; 7]> {
        let states = [("kept", &self.kept), ("added", &self.added), ("removed", &self.removed)];
        let leaves_out = &leaves_out;
        let rows = states.into_iter().enumerate().flat_map(|(number, (state, rows))| {
            let rows = rows.iter().filter(move |(key, value)| !leaves_out(number, key, value));
            rows.map(move |([kind, schema, parent, name, property], value)| {
                [state, kind, schema, parent, name, property, value]
            })
        });
        let head = self.head.iter().flat_map(|Head { log, format }| {
            let row = |property, value| ["head", "", "", "", "", property, value];
            [row("log", log), row("format", format)]
        });
        rows.chain(head).collect()
    }

    fn is_comparable(&self) -> bool {
        self.head.as_ref().is_some_and(|head| head.format == self.now.format)
    }
}

fn without(rows: &Rows, others: &Rows) -> Rows {
    let rows = rows.iter().filter(|(key, value)| others.get(*key) != Some(value));
    rows.map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn fingerprint(engine: Engine, rows: &Rows) -> Result<Fingerprint, String> {
    let rows: Vec<Vec<Value>> = rows
        .iter()
        .map(|(key, value)| key.iter().chain([value]).map(|text| text.as_str().into()).collect())
        .collect();
    Fingerprint::from_rows(engine, rows.iter().map(Vec::as_slice))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::Difference;

    /// A table `t` with these properties, kept or live.
    fn rows(properties: &[(&str, &str)]) -> Rows {
        let key = |property: &str| ["table", "", "", "t", property].map(str::to_owned);
        properties.iter().map(|(property, value)| (key(property), (*value).to_owned())).collect()
    }

    fn head(log: &str) -> Head {
        Head { log: log.to_owned(), format: FORMAT.to_owned() }
    }

    /// What is kept after a run that found `before` and left `after`.
    fn after_run(kept: &[(&str, &str)], before: &[(&str, &str)], after: &[(&str, &str)]) -> Rows {
        let (head, now) = (Some(head("1")), head("1"));
        let mut kept =
            KeptSchema { kept: rows(kept), live: rows(before), head, now, ..KeptSchema::default() };
        kept.note();
        kept.live = rows(after);
        kept.keep();
        kept.kept
    }

    #[test]
    fn only_what_the_run_did_is_kept() {
        let cases: [(&[_], &[_], &[_], &[_]); 8] = [
            // Kept, found, left, kept then.
            (&[("a", "1")], &[("a", "1")], &[("a", "2")], &[("a", "2")]),
            (&[("a", "1")], &[("a", "1")], &[], &[]),
            (&[], &[], &[("a", "1")], &[("a", "1")]),
            // By hand, and still so.
            (&[("a", "1")], &[("a", "2")], &[("a", "2"), ("b", "1")], &[("a", "1"), ("b", "1")]),
            (&[], &[("a", "1")], &[("a", "1")], &[]),
            (&[("a", "1")], &[], &[("b", "1")], &[("a", "1"), ("b", "1")]),
            // By hand, and then by the run.
            (&[("a", "1")], &[("a", "2")], &[("a", "3")], &[("a", "3")]),
            (&[("a", "1")], &[("a", "2")], &[], &[]),
        ];
        for (kept, before, after, expected) in cases {
            assert_eq!(after_run(kept, before, after), rows(expected), "{kept:?} {before:?} {after:?}");
        }
    }

    #[test]
    fn what_a_killed_run_did_is_not_taken_for_a_change_by_hand() {
        let mut kept = KeptSchema {
            kept: rows(&[("a", "1")]),
            live: rows(&[("a", "1"), ("by hand", "1")]),
            head: Some(head("1")),
            now: head("1"),
            ..KeptSchema::default()
        };
        kept.note();
        // It applied version 7 and was killed.
        kept.live = rows(&[("a", "2"), ("by hand", "1")]);
        (kept.now, kept.since) = (head("2"), Version::from_i64(7));
        let since = Version::from_i64(7).unwrap();
        assert_eq!(kept.drift(Engine::Sqlite, &Selection::default()), Ok(Drift::Unknown { since }));
        // The next run keeps that, and still knows what was changed by hand before it.
        kept.note();
        kept.keep();
        kept.since = None;
        assert_eq!(kept.kept, rows(&[("a", "2")]));
        let drift = kept.drift(Engine::Sqlite, &Selection::default()).unwrap();
        let expected = "changed  table t: by hand none → 1";
        assert_eq!(drift.difference().map(ToString::to_string).as_deref(), Some(expected));
    }

    #[test]
    fn what_cannot_be_compared_is_no_drift() {
        let kept = KeptSchema { live: rows(&[("a", "1")]), ..KeptSchema::default() };
        assert_eq!(kept.drift(Engine::Postgres, &Selection::default()), Ok(Drift::NothingKept));
        let other = Head { format: "0".to_owned(), ..head("1") };
        let mut kept = KeptSchema { head: Some(other), now: head("1"), added: rows(&[("a", "1")]), ..kept };
        assert_eq!(kept.drift(Engine::Postgres, &Selection::default()), Ok(Drift::OtherFormat));
        kept.note();
        kept.keep();
        assert_eq!(
            kept.drift(Engine::Postgres, &Selection::default()),
            Ok(Drift::Known { difference: Difference::default() })
        );
    }

    #[test]
    fn rows_are_read_as_they_are_written() {
        let kept = KeptSchema {
            kept: rows(&[("a", "1"), ("b", "1")]),
            added: rows(&[("c", "1")]),
            removed: rows(&[("d", "1")]),
            head: Some(head("9")),
            ..KeptSchema::default()
        };
        let written: Vec<Vec<Value>> =
            kept.rows().into_iter().map(|row| row.map(Value::from).into()).collect();
        assert_eq!(KeptSchema::from_rows(&written), Ok(kept));
        assert!(KeptSchema::from_rows(&[vec![Value::from("kept")]]).is_err());
    }
}
