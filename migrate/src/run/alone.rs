//! A script without transaction: it runs statement by statement, and the history counts each.
//!
//! A statement and its count commit together if the engine allows that. If not, the history records before the statement
//! that it begins, so that the next run knows there is a question to ask.

use migrate_core::{Alone, Plan, Query, Step, Work};

use super::Run;
use super::step::Outcome;
use crate::driver::{Class, DatabaseError, Driver, Event, Failure, Piece, Stage, Timeouts, Transaction};
use crate::error::{self, Error};
use crate::trace;

impl<D: Driver> Run<'_, D> {
    /// Claims the row, runs the remaining statements one by one, and counts them in the row. A statement
    /// shares a transaction with its count unless it is known to refuse one, or the database says so.
    pub(super) async fn without_transaction(&mut self, step: &Step) -> Result<Outcome, Error> {
        let claim = Transaction { claim: self.claim(step), ..Transaction::of(step) };
        let mut result = self.transaction(step, claim).await;
        if result.is_ok() {
            result = self.statements(step).await;
        }
        if result.is_ok() {
            let done = step.work.statement_count();
            let claim = vec![self.table.stands_at(step, done)];
            let record =
                Transaction { claim, record: self.record(step), ends_step: true, ..Transaction::of(step) };
            result = self.transaction(step, record).await;
        }
        match result {
            Ok(()) => Ok(Outcome::Done),
            Err(failure) => self.failed(step, failure).await,
        }
    }

    /// Settings hold from one statement to the next, up to the end of the script. Those of the statements that an
    /// earlier run has done are made again.
    async fn statements(&mut self, step: &Step) -> Result<(), Failure> {
        let Work::Sql(script) = &step.work;
        let execution = script.execution();
        let changes_session = execution.changes_session || execution.foreign_keys_off;
        if changes_session {
            self.driver.save_session().await.map_err(of_script)?;
        }
        let mut result = Ok(());
        for (number, statement) in script.statements().enumerate() {
            if result.is_ok() {
                result = match number < step.done {
                    true if D::ENGINE.only_changes_session(statement) => {
                        let piece = Piece::one(script, number, Timeouts::default());
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
        // A CREATE INDEX CONCURRENTLY that gives up waiting leaves an invalid index, so only a directive sets
        // a limit here.
        let Work::Sql(script) = &step.work;
        let piece = Piece::one(script, number, self.timeouts(script, Timeouts::default()));
        let journal = vec![self.table.journal(step, number + 1)];
        let claim = vec![self.table.stands_at(step, number)];
        if !D::ENGINE.runs_alone(piece.sql()) {
            match self.shared(step, &piece, claim.clone(), journal.clone()).await {
                Err(failure)
                    if D::class(failure.stage, &failure.error) == Class::NeedsToBeAlone
                        && !D::ENGINE.is_of_its_transaction(piece.sql()) => {}
                result => return result,
            }
        }
        if step.has_begun() && number == step.done {
            let unchanged = self.table.begins_at(step, number);
            let waited = self.driver.wait_for_others(&piece, &unchanged, self.migrator.lock_deadline).await;
            waited.map_err(|failure| of_script(failure.into()))?;
        }
        if !self.driver.holds_lock() && D::ENGINE.alone(piece.sql()) == Alone::Unknown {
            let error = DatabaseError::of_ours("no lock protects a statement outside of a transaction here");
            return Err(of_script(DatabaseError { hint: Some(error::POOLER_HELP.to_owned()), ..error }));
        }
        self.alone(step, number, &piece, claim, journal).await
    }

    /// The first statement of a plan that no lock protects, if it is of a kind of which no one could find out whether another
    /// runner has done it.
    pub(super) fn unprotected<'p>(&self, plan: &'p Plan) -> Option<(&'p Step, &'p str)> {
        let is_unknown = |statement: &&str| {
            D::ENGINE.runs_alone(statement) && D::ENGINE.alone(statement) == Alone::Unknown
        };
        let alone =
            plan.steps.iter().filter(|step| step.action.runs_script() && !step.work.execution().transaction);
        let first =
            |step: &'p Step| step.statements().skip(step.done).find(is_unknown).map(|found| (step, found));
        if self.driver.holds_lock() { None } else { alone.filter_map(first).next() }
    }

    /// One statement and its count, in one transaction. If the script may have changed the session, the claim comes after
    /// the statement; so when the statement fails, the claim is looked at on its own: another runner may have done it.
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
                    && step.work.execution().changes_session
                    && !failure.error.is_disconnected =>
            {
                self.transaction(step, look).await.and(Err(failure))
            }
            result => result,
        }
    }

    /// One statement outside of transactions. Before and after it, the claim checks that it is the next one, and that no
    /// other run has taken it over. Unless it can be repeated, the history first records that it begins: a run that is cut
    /// off here leaves the question whether it is done. The statement's kind says how to find out, or else a person has to.
    async fn alone(
        &mut self,
        step: &Step,
        number: usize,
        piece: &Piece<'_>,
        claim: Vec<Query>,
        journal: Vec<Query>,
    ) -> Result<(), Failure> {
        let kind = D::ENGINE.alone(piece.sql());
        let is_noted = kind != Alone::Repeatable;
        let begins = is_noted.then(|| self.table.begin_alone(step, number, &self.mark));
        let claims = vec![self.table.begins_at(step, number)];
        let begin =
            Transaction { claim: claims, record: begins.into_iter().collect(), ..Transaction::of(step) };
        self.transaction(step, begin).await?;
        // Earlier versions of the library recorded no beginning, and their killed run may have built the index.
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
            // An error with a place is the statement's own. A failure before or after it leaves the question open, and
            // so does a failure to record this one.
            Err(error) if is_noted && !error.is_disconnected && error.place.is_some() => {
                vec![self.table.journal(step, number)]
            }
            Err(_) => return ran.map_err(of_script),
        };
        let claim = if is_noted { vec![self.table.is_under_way(step, number, &self.mark)] } else { claim };
        let recorded = self.transaction(step, Transaction { claim, record, ..Transaction::of(step) }).await;
        ran.map_err(of_script).and(recorded)
    }
}

fn of_script(error: DatabaseError) -> Failure {
    Failure { transaction: 0, stage: Stage::Script, error }
}
