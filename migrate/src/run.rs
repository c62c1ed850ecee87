//! The one effect loop: read the history, plan, carry the plan out.

use std::time::{Duration, Instant};

use migrate_core::{
    Alone, AppliedMigration, Drift, Dump, Fingerprint, HistoryTable, KeptSchema, Plan, Proof, Query, Refusal,
    Runner, Script, Status, Step, Target, Transactions, plan, status,
};

use crate::driver::{
    DatabaseError, Driver, Event, Failure, Keep, Noted, Piece, Stage, Timeouts, Transaction,
};
use crate::error::{self, Error};
use crate::migrator::Migrator;
use crate::report::{MigrationReport, Progress, Report};
use crate::trace;
use crate::verification::{Finding, Verification, findings};

pub(crate) struct Run<'a, D> {
    migrator: &'a Migrator<'a>,
    table: HistoryTable,
    driver: &'a mut D,
    /// Who the history says it was; known from the first write on.
    runner: Runner,
    slow: Slow,
    report: Report,
    /// Whether the schema is noted, or is not to be kept.
    is_noted: bool,
    /// How it is kept at the end.
    keep: Option<Keep>,
}

/// What a history looks like from outside: there may be no table at all.
enum History {
    Missing,
    Rows(Vec<AppliedMigration>),
}

impl History {
    fn rows(&self) -> &[AppliedMigration] {
        match self {
            History::Missing => &[],
            History::Rows(rows) => rows,
        }
    }
}

impl<'a, D: Driver> Run<'a, D> {
    pub(crate) fn new(migrator: &'a Migrator<'a>, driver: &'a mut D) -> Result<Self, Error> {
        if let Some(staleness) = migrator.set.staleness() {
            return Err(Error::stale(staleness));
        }
        let dialect = migrator.set.dialect();
        if !dialect.runs_on(D::ENGINE) {
            return Err(Error::wrong_engine(dialect, D::ENGINE));
        }
        let table = migrator.history_table(D::ENGINE);
        let (runner, slow, report) = (Runner::default(), Slow::new(), Report::default());
        let is_noted = !migrator.keep_schema;
        Ok(Run { migrator, table, driver, runner, slow, report, is_noted, keep: None })
    }

    pub(crate) async fn status(mut self) -> Result<Status, Error> {
        let history = self.history().await?;
        Ok(status(self.migrator.set, history.rows()))
    }

    /// The schema of the database as it is.
    pub(crate) async fn fingerprint(self) -> Result<Fingerprint, Error> {
        let rows = self.driver.fingerprint(&self.table, self.migrator.timeouts).await;
        let rows = self.table.fingerprint_rows(rows.map_err(|error| Error::database(READING_SCHEMA, error))?);
        Fingerprint::from_rows(D::ENGINE, rows.iter().map(Vec::as_slice))
            .map_err(|problem| Error::database(READING_SCHEMA, DatabaseError::of_ours(&problem)))
    }

    /// The SQL that makes that schema.
    pub(crate) async fn dump(self) -> Result<Dump, Error> {
        let failed = |error| Error::database(READING_SCHEMA, error);
        let rows = self.driver.fingerprint(&self.table, self.migrator.timeouts).await.map_err(failed)?;
        self.table.dump(&rows).map_err(|problem| failed(DatabaseError::of_ours(&problem)))
    }

    /// How that schema stands to what the runs left.
    pub(crate) async fn drift(self) -> Result<Drift, Error> {
        let failed = |error| Error::database(READING_SCHEMA, error);
        let rows = self.driver.kept_schema(&self.table, self.migrator.timeouts).await.map_err(failed)?;
        let Some(rows) = rows else { return Ok(Drift::NothingKept) };
        let drift = KeptSchema::from_rows(&rows).and_then(|kept| kept.drift(D::ENGINE));
        drift.map_err(|problem| failed(DatabaseError::of_ours(&problem)))
    }

    /// Keeps the schema as it is.
    pub(crate) async fn accept_drift(mut self) -> Result<(), Error> {
        self.lock().await?;
        let result = self.try_accept_drift().await;
        self.driver.unlock().await;
        result
    }

    async fn try_accept_drift(&mut self) -> Result<(), Error> {
        if matches!(self.history().await?, History::Missing) {
            return Ok(());
        }
        let failed = |error| Error::database("keeping the schema", error);
        let noted = self.driver.note_schema(&self.table, self.patience()).await.map_err(failed)?;
        let keep = Keep { creates_table: noted == Noted::NoTable, accepts: true };
        self.driver.keep_schema(&self.table, self.patience(), keep).await.map_err(failed)
    }

    pub(crate) async fn plan(mut self, target: Target) -> Result<Plan, Error> {
        let history = self.history().await?;
        self.plan_from(&history, target)
    }

    /// Compares the whole history with the set, and runs the verify scripts of what is applied.
    pub(crate) async fn verify(mut self) -> Result<Verification, Error> {
        let history = self.history().await?;
        let set = self.migrator.set;
        let mut findings = findings(set, history.rows());
        let applied = history.rows().iter().filter(|row| !row.state.is_dirty());
        for migration in applied.filter_map(|row| set.get(row.version)) {
            let Some(script) = migration.verify() else { continue };
            let piece = Piece::whole(script, self.timeouts(script, self.migrator.timeouts));
            if let Err(error) = self.driver.check(&piece).await {
                if error.is_disconnected {
                    return Err(Error::database("verifying", error));
                }
                findings.push(Finding::not_in_place(migration, set.display_path(script.path()), &error));
            }
        }
        Ok(Verification { findings })
    }

    /// Wipes the database of that name, and applies everything to it.
    pub(crate) async fn reset(mut self, database: &str) -> Result<Report, Error> {
        let span = trace::run(self.migrator.set.name(), D::ENGINE, Target::Latest);
        let result = trace::inside(span, self.try_reset(database)).await;
        self.ended(result)
    }

    async fn try_reset(&mut self, database: &str) -> Result<(), Error> {
        let name = self.driver.database_name().await.map_err(|error| Error::database(WIPING, error))?;
        if name != database {
            return Err(Error::wrong_database(database, name));
        }
        self.lock().await?;
        let wiped = self.driver.wipe().await.map_err(|error| Error::database(WIPING, error));
        let result = match wiped {
            Ok(()) => self.run_locked(Target::Latest).await,
            Err(error) => Err(error),
        };
        self.driver.unlock().await;
        result
    }

    pub(crate) async fn run(mut self, target: Target) -> Result<Report, Error> {
        let span = trace::run(self.migrator.set.name(), D::ENGINE, target);
        let result = trace::inside(span, self.try_run(target)).await;
        self.ended(result)
    }

    fn ended(self, result: Result<(), Error>) -> Result<Report, Error> {
        match result {
            Ok(()) => Ok(self.report),
            Err(error) => Err(error.with_report(self.report)),
        }
    }

    async fn try_run(&mut self, target: Target) -> Result<(), Error> {
        let mut known = None;
        if target == Target::Latest {
            match self.is_proven().await? {
                Some(true) => return Ok(()),
                Some(false) => {}
                None => known = Some(History::Missing),
            }
        }
        let history = match known {
            Some(history) => history,
            None => self.history().await?,
        };
        match self.plan_from(&history, target) {
            // Another runner may be at that statement: the lock is waited for.
            Err(error) if is_cut_off(&error) => {}
            plan => {
                let plan = plan?;
                self.report.ahead.clone_from(&plan.ahead);
                if plan.is_empty() {
                    return Ok(());
                }
            }
        }
        self.lock().await?;
        let result = self.run_locked(target).await;
        self.driver.unlock().await;
        result
    }

    /// Whatever comes of the run, what it did to the schema is kept.
    async fn run_locked(&mut self, target: Target) -> Result<(), Error> {
        let result = self.plan_and_carry_out(target).await;
        if let Some(keep) = self.keep.take() {
            let kept = self.driver.keep_schema(&self.table, self.patience(), keep).await;
            self.tell_not_kept(kept);
        }
        result
    }

    /// What was read before the lock may be old by now. So may what is read under it, where transactions take turns
    /// or the lock is worthless: then a claim fails, and the plan is made anew.
    async fn plan_and_carry_out(&mut self, target: Target) -> Result<(), Error> {
        self.runner = self.migrator.runner();
        let until = Instant::now() + self.migrator.lock_deadline;
        for plans in 0.. {
            let (history, plan) = self.history_and_plan(target).await?;
            if plan.is_empty() {
                return Ok(());
            }
            #[cfg(feature = "cli")]
            if let Some(step) = self.migrator.not_agreed(&plan) {
                return Err(Error::not_agreed(step));
            }
            self.migrator.tell(&Progress::Planned(&plan));
            if matches!(history, History::Missing) {
                self.create_history().await?;
            }
            self.note_schema(&history).await;
            if self.carry_out(&plan).await? == Outcome::Done {
                return Ok(());
            }
            // "Two steps back" means another two once one of them is done.
            let is_relative = matches!(target, Target::Down(_) | Target::Redo);
            if Instant::now() >= until || (is_relative && !self.report.is_empty()) {
                break;
            }
            self.driver.pause(pause_after(plans).min(Duration::from_secs(1))).await;
            self.lock().await?;
        }
        Err(Error::contended())
    }

    /// Who finds a statement under way that runs outside of transactions waits until no one is at it, and looks again.
    async fn history_and_plan(&mut self, target: Target) -> Result<(History, Plan), Error> {
        let history = self.history().await?;
        let plan = self.plan_from(&history, target);
        if !plan.as_ref().is_err_and(is_cut_off) {
            return plan.map(|plan| (history, plan));
        }
        self.driver.lock_alone(self.migrator.lock_deadline).await.map_err(Error::lock)?;
        self.driver.unlock_alone().await;
        let history = self.history().await?;
        let plan = self.plan_from(&history, target)?;
        Ok((history, plan))
    }

    /// What was changed by hand before this run has to be told from what the run does. A new history has nothing kept.
    async fn note_schema(&mut self, history: &History) {
        if std::mem::replace(&mut self.is_noted, true) {
            return;
        }
        let noted = match history {
            History::Missing => Ok(Noted::Done),
            History::Rows(_) => self.driver.note_schema(&self.table, self.patience()).await,
        };
        self.keep =
            noted.as_ref().ok().map(|noted| Keep { creates_table: *noted == Noted::NoTable, accepts: false });
        self.tell_not_kept(noted.map(drop));
    }

    /// A run is not failed by what comes with it.
    fn tell_not_kept(&self, kept: Result<(), DatabaseError>) {
        if let Err(error) = kept {
            self.migrator.tell(&Progress::SchemaNotKept { error: &error.to_string() });
        }
    }

    /// How long to wait for a lock that keeps a definition from being read, and for all of it.
    fn patience(&self) -> Timeouts {
        Timeouts { statement: Some(self.migrator.keep_within), ..self.migrator.timeouts }
    }

    async fn lock(&mut self) -> Result<(), Error> {
        let key = self.table.lock_key();
        self.driver.lock(key, self.migrator.lock_deadline).await.map_err(Error::lock)
    }

    /// Whether all is applied, in one round trip; `None` when there is no history table.
    async fn is_proven(&mut self) -> Result<Option<bool>, Error> {
        let proof = self.table.proof(self.migrator.set);
        let rows = self.driver.query(&proof).await.map_err(|error| Error::database(READING, error))?;
        let proves = |rows: Vec<_>| {
            let proof = rows.first().and_then(|row: &Vec<_>| Proof::from_row(row));
            proof.is_some_and(|proof| proof.proves(self.migrator.set))
        };
        Ok(rows.map(proves))
    }

    async fn history(&mut self) -> Result<History, Error> {
        let query = self.table.rows(self.migrator.set.name());
        let rows = self.driver.query(&query).await.map_err(|error| Error::database(READING, error))?;
        let Some(rows) = rows else { return Ok(History::Missing) };
        if self.table.hides_rows(&rows) {
            return Err(Error::database(READING, DatabaseError::hidden(self.table.name())));
        }
        let read = |row: &Vec<_>| {
            self.table.read_row(row).map_err(|problem| Error::history(self.table.name(), problem))
        };
        rows.iter().map(read).collect::<Result<_, _>>().map(History::Rows)
    }

    fn plan_from(&self, history: &History, target: Target) -> Result<Plan, Error> {
        let Migrator { set, policy, .. } = self.migrator;
        plan(set, D::ENGINE, history.rows(), target, *policy).map_err(Error::refused)
    }

    /// The schema is created only when it is missing: a role that may not create one may still own it.
    async fn create_history(&mut self) -> Result<(), Error> {
        let mut created = self.driver.create(&self.table.create()).await;
        if let (Err(error), Some(schema)) = (&created, self.table.create_schema())
            && D::is_missing_schema(error)
        {
            created = self.driver.create(&(schema + &self.table.create())).await;
        }
        match created {
            Err(error) if !D::is_created(&error) => Err(Error::database(error::CREATING, error)),
            _ => Ok(()),
        }
    }

    /// Scripts in transactions go out together; one without is a barrier.
    async fn carry_out(&mut self, plan: &Plan) -> Result<Outcome, Error> {
        let runs_in_transaction =
            |step: &Step| step.script.execution().transaction || !step.action.runs_script();
        for steps in plan.steps.chunk_by(|a, b| runs_in_transaction(a) && runs_in_transaction(b)) {
            self.slow = Slow::new();
            let outcome = match steps {
                [step] if !runs_in_transaction(step) => {
                    trace::inside(trace::migration(step), self.without_transaction(step)).await?
                }
                steps => self.in_transactions(steps).await?,
            };
            if outcome == Outcome::Moved {
                return Ok(Outcome::Moved);
            }
        }
        Ok(Outcome::Done)
    }

    async fn in_transactions(&mut self, steps: &[Step]) -> Result<Outcome, Error> {
        let each = self.migrator.policy.transactions == Transactions::Each;
        let transaction = |(i, step)| Transaction {
            begins: each || i == 0,
            commits: each || i + 1 == steps.len(),
            ..self.whole(step)
        };
        let transactions: Vec<Transaction<'_>> = steps.iter().enumerate().map(transaction).collect();
        match self.transactions(steps, &transactions).await {
            Ok(()) => Ok(Outcome::Done),
            Err(failure) => {
                let step = &steps[failure.transaction];
                self.failed(step, failure).await
            }
        }
    }

    /// A step that is one transaction.
    fn whole<'s>(&self, step: &'s Step) -> Transaction<'s> {
        let timeouts = self.timeouts(&step.script, self.migrator.timeouts);
        Transaction {
            claim: self.claim(step),
            piece: step.action.runs_script().then(|| Piece::whole(&step.script, timeouts)),
            record: self.record(step),
            ends_step: true,
            ..Transaction::of(step)
        }
    }

    /// Runs the transactions, one for each step, and reports what is done where a step ends with it. One that
    /// failed for no fault of its own is run again after a pause, and the rest behind it.
    async fn transactions(
        &mut self,
        steps: &[Step],
        transactions: &[Transaction<'_>],
    ) -> Result<(), Failure> {
        let mut committed = 0;
        let mut tries = 0;
        loop {
            let (migrator, report, slow) = (self.migrator, &mut self.report, &mut self.slow);
            let before = committed;
            let mut tell = |event| match event {
                Event::Committed { transaction, elapsed } => {
                    committed += 1;
                    if transactions[before + transaction].ends_step {
                        *slow = Slow::new();
                        done(migrator, report, &steps[before + transaction], elapsed);
                    }
                }
                Event::Running => slow.tell(migrator, &steps[committed.min(steps.len() - 1)]),
                Event::Blocked(blockers) => {
                    let step = &steps[committed.min(steps.len() - 1)];
                    migrator.tell(&Progress::Blocked { step, blockers: &blockers });
                }
            };
            let Err(failure) = self.driver.transactions(&transactions[before..], &mut tell).await else {
                return Ok(());
            };
            if committed > before {
                tries = 0;
            }
            if !D::is_transient(&failure.error) || tries == self.migrator.retries {
                return Err(Failure { transaction: before + failure.transaction, ..failure });
            }
            let pause = pause_after(tries);
            tries += 1;
            let (step, error) = (&steps[before + failure.transaction], failure.error.to_string());
            self.migrator.tell(&Progress::Retrying { step, error: &error, tries, pause });
            self.driver.pause(pause).await;
        }
    }

    /// Claims the row, runs what is not done yet statement by statement, and keeps count in the row. A statement
    /// shares a transaction with its count unless it is known that it cannot, or the database says so.
    async fn without_transaction(&mut self, step: &Step) -> Result<Outcome, Error> {
        let claim = Transaction { claim: self.claim(step), ..Transaction::of(step) };
        let mut result = self.transaction(step, claim).await;
        if result.is_ok() {
            result = self.statements(step).await;
        }
        if result.is_ok() {
            let done = step.script.spans().len();
            let claim = vec![self.table.stands_at(self.migrator.set.name(), step, done)];
            let record =
                Transaction { claim, record: self.record(step), ends_step: true, ..Transaction::of(step) };
            result = self.transaction(step, record).await;
        }
        match result {
            Ok(()) => Ok(Outcome::Done),
            Err(failure) => self.failed(step, failure).await,
        }
    }

    /// Settings hold from one statement to the next, and no longer than the script. Those of the part that an
    /// earlier run has done are made again.
    async fn statements(&mut self, step: &Step) -> Result<(), Failure> {
        let execution = step.script.execution();
        let changes_session = execution.changes_session || execution.foreign_keys_off;
        if changes_session {
            self.driver.save_session().await.map_err(of_script)?;
        }
        let mut result = Ok(());
        for (number, statement) in step.script.statements().enumerate() {
            if result.is_ok() {
                result = match number < step.done {
                    true if D::ENGINE.only_changes_session(statement) => {
                        let piece = Piece::one(&step.script, number, Timeouts::default());
                        self.driver.run_alone(&piece, false, &mut |_| {}).await.map_err(of_script)
                    }
                    true => Ok(()),
                    false => self.statement(step, number).await,
                };
            }
        }
        if changes_session {
            let restored = self.driver.restore_session().await.map_err(of_script);
            result = result.and(restored);
        }
        result
    }

    /// One statement of a script without transaction, and the count of it.
    async fn statement(&mut self, step: &Step, number: usize) -> Result<(), Failure> {
        // CREATE INDEX CONCURRENTLY that gives up waiting leaves an invalid index behind: only a directive sets
        // a limit here.
        let piece = Piece::one(&step.script, number, self.timeouts(&step.script, Timeouts::default()));
        let journal = vec![self.table.journal(self.migrator.set.name(), step, number + 1)];
        let claim = vec![self.table.stands_at(self.migrator.set.name(), step, number)];
        if !D::ENGINE.runs_alone(piece.sql()) {
            match self.shared(step, &piece, claim.clone(), journal.clone()).await {
                Err(failure)
                    if D::needs_to_be_alone(failure.stage, &failure.error)
                        && !D::ENGINE.is_of_its_transaction(piece.sql()) => {}
                result => return result,
            }
        }
        self.driver
            .lock_alone(self.migrator.lock_deadline)
            .await
            .map_err(|failure| of_script(failure.into()))?;
        let result = self.alone(step, number, &piece, claim, journal).await;
        self.driver.unlock_alone().await;
        result
    }

    /// One statement and its count. Where its script may have changed the session, whether it is the next one is looked
    /// at behind it: what fails may have failed because another runner has done it.
    async fn shared(
        &mut self,
        step: &Step,
        piece: &Piece<'_>,
        claim: Vec<Query>,
        journal: Vec<Query>,
    ) -> Result<(), Failure> {
        let look = Transaction { claim: claim.clone(), ..Transaction::of(step) };
        let both = Transaction { claim, piece: Some(*piece), record: journal, ..Transaction::of(step) };
        let result = self.transaction(step, both).await;
        match result {
            Err(failure)
                if failure.stage == Stage::Script
                    && step.script.execution().changes_session
                    && !failure.error.is_disconnected =>
            {
                self.transaction(step, look).await.and(Err(failure))
            }
            result => result,
        }
    }

    /// One statement outside of transactions. Whether it is the next one is looked at before and after. That it was
    /// begun is recorded before, unless it can be done again: a run that is cut off here leaves a question, which its
    /// kind answers, or else a person.
    async fn alone(
        &mut self,
        step: &Step,
        number: usize,
        piece: &Piece<'_>,
        claim: Vec<Query>,
        journal: Vec<Query>,
    ) -> Result<(), Failure> {
        let name = self.migrator.set.name();
        let kind = D::ENGINE.alone(piece.sql());
        let is_noted = kind != Alone::Repeatable;
        let begins = is_noted.then(|| self.table.begin_alone(name, step, number)).into_iter().collect();
        self.transaction(step, Transaction { claim: claim.clone(), record: begins, ..Transaction::of(step) })
            .await?;
        // Versions before this one noted nothing, and an index may have been built for one that was killed.
        let may_have_begun = step.has_begun() || (step.resumes() && matches!(kind, Alone::CreateIndex(_)));
        let resumes = may_have_begun && number == step.done;
        let (migrator, slow) = (self.migrator, &mut self.slow);
        let mut tell = |event| {
            if let Event::Running = event {
                slow.tell(migrator, step);
            }
        };
        let ran = self.driver.run_alone(piece, resumes, &mut tell);
        let ran = trace::inside(trace::statement(number), ran).await;
        let record = match &ran {
            Ok(()) => journal,
            // The statement itself failed: it has a place. What failed before or behind it leaves the question open, and
            // so does this where it fails.
            Err(error) if is_noted && !error.is_disconnected && error.place.is_some() => {
                vec![self.table.journal(name, step, number)]
            }
            Err(_) => return ran.map_err(of_script),
        };
        let recorded = self.transaction(step, Transaction { claim, record, ..Transaction::of(step) }).await;
        ran.map_err(of_script).and(recorded)
    }

    async fn transaction(&mut self, step: &Step, transaction: Transaction<'_>) -> Result<(), Failure> {
        self.transactions(std::slice::from_ref(step), &[transaction]).await
    }

    fn claim(&self, step: &Step) -> Vec<Query> {
        self.table.claim(self.migrator.set.name(), step, &self.runner)
    }

    fn record(&self, step: &Step) -> Vec<Query> {
        self.table.record(self.migrator.set.name(), step, &self.runner)
    }

    /// The script's own limits, else `default`.
    fn timeouts(&self, script: &Script, default: Timeouts) -> Timeouts {
        let execution = script.execution();
        Timeouts {
            lock: execution.lock_timeout.or(default.lock),
            statement: execution.statement_timeout.or(default.statement),
        }
    }

    /// Another runner was here, or an error: logged as far as the database still lets us.
    async fn failed(&mut self, step: &Step, failure: Failure) -> Result<Outcome, Error> {
        let Failure { stage, error, .. } = failure;
        if stage == Stage::Claim && D::is_moved(&error) {
            return Ok(Outcome::Moved);
        }
        let (set, runner) = (self.migrator.set, &self.runner);
        if error.is_disconnected {
            self.keep = None;
        } else {
            let log = self.table.log_failure(set.name(), step, runner, &error.to_string());
            // The failure itself is what the caller must see, not that it could not be logged.
            let _ = self.driver.query(&log).await;
        }
        trace::failed(step, &error.to_string());
        let path = step.display_path(set);
        Err(Error::step(step, path, stage, error))
    }
}

/// Since when a migration runs, and whether it was told that it is slow.
struct Slow {
    since: Instant,
    is_told: bool,
}

impl Slow {
    fn new() -> Slow {
        Slow { since: Instant::now(), is_told: false }
    }

    fn tell(&mut self, migrator: &Migrator<'_>, step: &Step) {
        let elapsed = self.since.elapsed();
        if !self.is_told && elapsed >= migrator.slow_after {
            self.is_told = true;
            migrator.tell(&Progress::Slow { step, elapsed });
        }
    }
}

fn is_cut_off(error: &Error) -> bool {
    error.refusals().iter().any(|refusal| matches!(refusal, Refusal::CutOff { .. }))
}

fn of_script(error: DatabaseError) -> Failure {
    Failure { transaction: 0, stage: Stage::Script, error }
}

const READING: &str = "reading the history";
const READING_SCHEMA: &str = "reading the schema";
const WIPING: &str = "wiping the database";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    /// The history is not what the plan was made from.
    Moved,
}

fn done(migrator: &Migrator<'_>, report: &mut Report, step: &Step, elapsed: Duration) {
    let migration = MigrationReport::new(step, elapsed);
    migrator.tell(&Progress::Done(&migration));
    report.migrations.push(migration);
}

/// A growing pause with a random part, so that two who met do not meet again.
fn pause_after(tries: usize) -> Duration {
    const LONGEST: Duration = Duration::from_secs(10);
    let pause = Duration::from_millis(200).saturating_mul(1 << tries.min(10)).min(LONGEST);
    pause.mul_f64(0.5 + 0.5 * fastrand::f64())
}
