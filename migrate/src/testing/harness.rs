//! What `#[migrate::test]` expands to calls this.

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
    /// With its module.
    pub name: &'static str,
    /// Its migrations.
    pub set: &'static MigrationSet,
    /// The last migration; without it, all are applied.
    pub up_to: Option<u64>,
    /// What is run after them.
    pub seeds: &'static [Seed],
    /// Whether it is meant to panic.
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
        // Its end closes the connections of the test, before the database is dropped.
        let runtime = Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(body(database))
    })
}

/// Runs a test that is no `async` function.
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
    let outcome = catch_unwind(AssertUnwindSafe(|| body(shared).map(Termination::report)));
    let leaves_nothing_to_see = match &outcome {
        Ok(Ok(code)) => *code == ExitCode::SUCCESS && !test.should_panic,
        // An argument could not be made, so nothing was done with the database.
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

/// Waits for an argument of a test that is no `async` function. Its connection is served by a thread of ours, so the
/// test may wait for it in any way.
pub fn wait<T>(argument: impl Future<Output = Result<T, BoxError>>) -> Result<T, BoxError> {
    background()?.block_on(argument)
}

fn contents(test: Test) -> Result<Contents, BoxError> {
    let up_to = test.up_to.map(Version::new);
    let up_to = up_to.map(|version| version.ok_or("`up_to` is no version: it does not fit a bigint"));
    Ok(Contents { set: test.set, up_to: up_to.transpose()?, seeds: test.seeds })
}

/// A test that was not even begun has failed. A panic would do where none is expected.
fn failed(test: Test, error: &BoxError) -> ExitCode {
    let mut text = format!("the database of the test {} cannot be prepared: {error}", test.name);
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        // Some errors tell their causes themselves.
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    assert!(test.should_panic, "{text}");
    eprintln!("{text}");
    ExitCode::FAILURE
}
