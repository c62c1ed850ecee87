//! The functions that `#[migrate::test]` expands to.
//!
//! What comes in is a [`Test`], as the attribute describes it, and the body; what goes out is an exit code, and a
//! database that is dropped or kept. The expansion is small on purpose: the rest is compiled once, here, and not in
//! each test.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::{ExitCode, Termination};

use migrate_core::{MigrationSet, Version};
use tokio::runtime::Builder;

use super::argument::PreparedDatabase;
use super::contents::{BoxError, Contents};
use super::maintenance::background;
pub use super::seed::Seed;

/// A test as its attribute describes it.
///
/// Exhaustive: `#[migrate::test]` writes it in the crate of the caller.
#[derive(Clone, Copy, Debug)]
pub struct Test {
    /// Its name, with its module.
    pub name: &'static str,
    /// Its migrations.
    pub set: &'static MigrationSet,
    /// The last migration to apply; `None` for all.
    pub up_to: Option<u64>,
    /// The SQL to run after them.
    pub seeds: &'static [Seed],
    /// Whether the test is expected to panic.
    pub should_panic: bool,
}

/// Runs an `async` test on a runtime of its own.
pub fn run<D, R, F>(test: Test, body: impl FnOnce(D) -> F) -> ExitCode
where
    D: PreparedDatabase,
    R: Termination,
    F: Future<Output = Result<R, BoxError>>,
{
    run_plain(test, |database| {
        // The end of the runtime closes the connections of the test, before the database is dropped.
        let runtime = Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(body(database))
    })
}

/// Runs a test that is not an `async` function.
pub fn run_plain<D, R>(test: Test, body: impl FnOnce(D) -> Result<R, BoxError>) -> ExitCode
where
    D: PreparedDatabase,
    R: Termination,
{
    let prepared = contents(test).and_then(|contents| D::prepare(contents, test.name));
    let database = match prepared {
        Ok(database) => database,
        Err(error) => return failed(test, &error),
    };
    let shared = database.share();
    // The panic goes on below, once the database has been kept.
    let outcome = catch_unwind(AssertUnwindSafe(|| body(shared).map(Termination::report)));
    let leaves_nothing_to_see = match &outcome {
        Ok(Ok(code)) => *code == ExitCode::SUCCESS && !test.should_panic,
        // An argument could not be made, so the test did nothing with the database.
        Ok(Err(_)) => true,
        Err(_) => test.should_panic,
    };
    if leaves_nothing_to_see {
        database.discard();
    } else {
        database.keep();
    }
    match outcome {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => failed(test, &error),
        Err(panic) => resume_unwind(panic),
    }
}

/// Waits for an argument of a test that is not an `async` function. A thread of the library serves its connection, so
/// the test may block on it in any way.
pub fn wait<T>(argument: impl Future<Output = Result<T, BoxError>>) -> Result<T, BoxError> {
    background()?.block_on(argument)
}

/// The contents of the test's database.
fn contents(test: Test) -> Result<Contents, BoxError> {
    let up_to = test.up_to.map(Version::new);
    let up_to = up_to.map(|version| version.ok_or("`up_to` is no version: it does not fit a bigint"));
    Ok(Contents { set: test.set, up_to: up_to.transpose()?, seeds: test.seeds })
}

/// Fails a test that could not begin. A panic would let a test with `#[should_panic]` pass, so such a test returns a
/// failure.
fn failed(test: Test, error: &BoxError) -> ExitCode {
    let mut text = format!("the database of the test {} cannot be prepared: {error}", test.name);
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        // Some errors include the text of their causes.
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    assert!(test.should_panic, "{text}");
    eprintln!("{text}");
    ExitCode::FAILURE
}
