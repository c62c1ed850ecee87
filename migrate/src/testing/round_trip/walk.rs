//! The walk of a round trip: through all migrations of a set, on one engine.
//!
//! What comes in are a set, seeds and a database; what goes out are entries of the report. After each migration the
//! database is as if that one had been applied once. If its rollback has left a trace, the database is made anew, so
//! one bad rollback does not spoil the verdicts after it.

use std::collections::BTreeMap;

use migrate_core::{Difference, Down, Fingerprint, Migration, MigrationSet, Version};

use super::report::{Check, CheckOutcome, RoundTripReport};
use super::subject::Subject;
use super::verdict::{LostRows, MigrationRoundTrip, Verdict};
use crate::testing::contents::BoxError;
use crate::testing::prepare::Prepare;

/// What was found about a migration, and the schema that it makes, if it does not fail.
struct Found {
    verdict: Verdict,
    lost_rows: Vec<LostRows>,
    there: Option<Fingerprint>,
}

/// A walk through all migrations of a set.
pub(super) struct Walk<'a> {
    pub(super) set: &'a MigrationSet,
    /// What is run in an empty database before the first migration.
    pub(super) prepare: Option<&'a Prepare>,
    pub(super) seeds: &'a [(Version, String)],
    /// The text of `schema.sql`. The inner `None`: there is no such file. The outer one: the folder is not known.
    pub(super) schema: Option<Option<&'a str>>,
}

/// What a database holds between two migrations.
struct State {
    schema: Fingerprint,
    rows: BTreeMap<String, u64>,
}

impl Walk<'_> {
    /// Walks on one engine.
    pub(super) async fn on<S: Subject>(
        &self,
        subject: &mut S,
        report: &mut RoundTripReport,
    ) -> Result<(), BoxError> {
        self.prepare(subject).await?;
        // The state that the walk has come to; `None` once a migration has failed.
        let mut before = Some(self.state(subject).await?);
        for migration in self.set.migrations() {
            let found = match &before {
                Some(before) => self.there_and_back(subject, migration, before).await?,
                None => Found { verdict: Verdict::NotReached, lost_rows: Vec::new(), there: None },
            };
            report.migrations.push(MigrationRoundTrip {
                engine: S::ENGINE.name(),
                version: migration.version(),
                name: migration.name().to_owned(),
                verdict: found.verdict,
                lost_rows: found.lost_rows,
                declared: self.set.declared_residue(migration),
            });
            before = match found.there {
                Some(there) => Some(self.go_on(subject, migration.version(), there).await?),
                None => None,
            };
        }
        match before {
            Some(end) => self.checks(subject, &end.schema, report).await,
            None => {
                let outcome = CheckOutcome::NotLooked("a migration fails".to_owned());
                report.checks.push(Check { engine: Some(S::ENGINE.name()), what: TWICE, outcome });
                Ok(())
            }
        }
    }

    /// Applies, rolls back and applies again. Afterwards the database is as if the migration had been applied once,
    /// unless it fails.
    async fn there_and_back<S: Subject>(
        &self,
        subject: &mut S,
        migration: &Migration,
        before: &State,
    ) -> Result<Found, BoxError> {
        let to = Some(migration.version());
        if let Err(error) = subject.up(self.set, to).await {
            let verdict = Verdict::UpFails(error.to_string());
            return Ok(Found { verdict, lost_rows: Vec::new(), there: None });
        }
        // The schema with the migration in place: the second try is compared with it.
        let there = subject.fingerprint(self.set).await?;
        if let Down::Irreversible(why) = migration.down() {
            let verdict = Verdict::Irreversible(why.as_deref().map(str::to_owned));
            return Ok(Found { verdict, lost_rows: Vec::new(), there: Some(there) });
        }
        if let Err(error) = subject.down(self.set).await {
            // In a transaction a failure leaves no trace. A statement that committed may have left rows, which no
            // fingerprint shows.
            let is_in_transaction =
                migration.down().script().is_some_and(|down| down.execution().transaction);
            if !is_in_transaction || subject.fingerprint(self.set).await? != there {
                self.anew(subject, migration.version()).await?;
            }
            let verdict = Verdict::DownFails(error.to_string());
            return Ok(Found { verdict, lost_rows: Vec::new(), there: Some(there) });
        }
        let back = self.state(subject).await?;
        let difference = before.schema.diff(&back.schema);
        let lost_rows = lost(&before.rows, &back.rows);
        let again = match subject.up(self.set, to).await {
            Ok(_) => Ok(there.diff(&subject.fingerprint(self.set).await?)),
            Err(error) => Err(error.to_string()),
        };
        // The rollback has left a trace, so the next migration would not meet what it meets in production.
        if again.as_ref().map_or(true, |again| !again.is_empty()) || !lost_rows.is_empty() {
            self.anew(subject, migration.version()).await?;
        }
        let is_declared = !self.set.declared_residue(migration).is_empty();
        Ok(Found { verdict: verdict(difference, again, is_declared), lost_rows, there: Some(there) })
    }

    /// The state in which the next migration begins: with the seeds of this one.
    async fn go_on<S: Subject>(
        &self,
        subject: &mut S,
        version: Version,
        there: Fingerprint,
    ) -> Result<State, BoxError> {
        if self.seeds.is_empty() {
            return Ok(State { schema: there, rows: BTreeMap::new() });
        }
        self.seed(subject, version).await?;
        self.state(subject).await
    }

    /// Makes a new database with everything up to this version.
    async fn anew<S: Subject>(&self, subject: &mut S, version: Version) -> Result<(), BoxError> {
        subject.renew().await?;
        self.prepare(subject).await?;
        for (after, _) in self.seeds.iter().filter(|(after, _)| *after < version) {
            // If two seeds come after one migration, the second time nothing is left to apply.
            let applied = subject.up(self.set, Some(*after)).await?;
            if !applied.is_empty() {
                self.seed(subject, *after).await?;
            }
        }
        subject.up(self.set, Some(version)).await?;
        Ok(())
    }

    /// Makes what the migrations need from outside.
    async fn prepare<S: Subject>(&self, subject: &mut S) -> Result<(), BoxError> {
        let Some(prepare) = self.prepare else { return Ok(()) };
        subject.execute(prepare.sql()).await.map_err(|error| prepare.failed(&error.to_string()).into())
    }

    /// Runs the seeds of a migration.
    async fn seed<S: Subject>(&self, subject: &mut S, after: Version) -> Result<(), BoxError> {
        for (_, sql) in self.seeds.iter().filter(|(version, _)| *version == after) {
            let seeded = subject.execute(sql).await;
            seeded.map_err(|error| format!("the seed after migration {after} failed: {error}"))?;
        }
        Ok(())
    }

    /// The schema, and with seeds the numbers of rows.
    async fn state<S: Subject>(&self, subject: &mut S) -> Result<State, BoxError> {
        let schema = subject.fingerprint(self.set).await?;
        let rows = if self.seeds.is_empty() { BTreeMap::new() } else { subject.rows().await? };
        Ok(State { schema, rows })
    }

    /// Checks that hold for all migrations together.
    async fn checks<S: Subject>(
        &self,
        subject: &mut S,
        end: &Fingerprint,
        report: &mut RoundTripReport,
    ) -> Result<(), BoxError> {
        let mut push =
            |what, outcome| report.checks.push(Check { engine: Some(S::ENGINE.name()), what, outcome });
        let twice = subject.up(self.set, None).await?;
        let difference = end.diff(&subject.fingerprint(self.set).await?);
        push(
            TWICE,
            match (twice.is_empty(), difference.is_empty()) {
                (true, true) => CheckOutcome::Holds,
                (_, false) => CheckOutcome::Fails(difference.to_string()),
                (false, true) => CheckOutcome::Fails(twice.to_string()),
            },
        );
        push(
            SCHEMA,
            match self.schema {
                None => CheckOutcome::unknown_folder(),
                Some(None) => CheckOutcome::NotLooked("there is no schema.sql".to_owned()),
                Some(Some(schema)) => {
                    subject.renew().await?;
                    match subject.execute(&without_psql(schema)).await {
                        Err(error) => CheckOutcome::Fails(format!("it fails: {error}")),
                        Ok(()) => same(&subject.fingerprint(self.set).await?.diff(end)),
                    }
                }
            },
        );
        Ok(())
    }
}

const TWICE: &str = "the set applied twice changes nothing";
const SCHEMA: &str = "schema.sql makes what all migrations make";

/// Whether two schemas are equal, but for the order of columns.
fn same(difference: &Difference) -> CheckOutcome {
    if difference.is_empty() || difference.is_column_order_only() {
        CheckOutcome::Holds
    } else {
        CheckOutcome::Fails(difference.to_string())
    }
}

/// The dump without the two lines that only psql understands; `pg_dump` writes them since 2025 (CVE-2025-8714).
fn without_psql(dump: &str) -> String {
    let is_sql = |line: &&str| !line.starts_with("\\restrict ") && !line.starts_with("\\unrestrict ");
    dump.lines().filter(is_sql).flat_map(|line| [line, "\n"]).collect()
}

/// The tables with fewer rows.
fn lost(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>) -> Vec<LostRows> {
    let now = before.iter().map(|(table, rows)| (table, *rows, after.get(table).copied().unwrap_or(0)));
    let fewer = now.filter(|(_, before, after)| after < before);
    fewer.map(|(table, before, after)| LostRows { table: table.clone(), before, after }).collect()
}

/// The verdict, from the difference after the rollback and the result of the second try.
fn verdict(difference: Difference, again: Result<Difference, String>, is_declared: bool) -> Verdict {
    let is_same = difference.is_empty() || difference.is_column_order_only();
    match again {
        Err(error) => Verdict::UpAgainFails { difference, error },
        Ok(_) if !is_same && is_declared => Verdict::Residue(difference),
        Ok(_) if !is_same => Verdict::Differs(difference),
        Ok(again) if !again.is_empty() && !again.is_column_order_only() => Verdict::UpAgainDiffers(again),
        Ok(_) if difference.is_empty() => Verdict::Exact,
        Ok(_) => Verdict::ColumnOrderOnly(difference),
    }
}
