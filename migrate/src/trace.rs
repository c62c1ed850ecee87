//! Spans and events of `tracing`, or functions that do nothing without the feature.
//!
//! What comes in are steps and [`Progress`](crate::Progress); what goes out are spans such as
//! `migration{version=20251107100000 action="apply"}` and events. The other modules call these functions in either
//! case, so no `cfg` is spread over them.

#[cfg(not(feature = "tracing"))]
pub(crate) use disabled::*;
#[cfg(feature = "tracing")]
pub(crate) use enabled::*;

#[cfg(feature = "tracing")]
mod enabled {
    use migrate_core::{Engine, Step, Target};
    use tracing::Instrument;
    pub(crate) use tracing::Span;

    use crate::report::Progress;

    /// The span of a run.
    pub(crate) fn run(set: &str, engine: Engine, target: Target) -> Span {
        tracing::info_span!("run", set, %engine, ?target)
    }

    /// The span of a migration.
    pub(crate) fn migration(step: &Step) -> Span {
        let version = step.version.as_i64();
        tracing::info_span!("migration", version, name = %step.name, action = step.action.as_str())
    }

    /// The span of a statement outside of a transaction.
    pub(crate) fn statement(number: usize) -> Span {
        tracing::debug_span!("statement", number)
    }

    /// The span of a step that is one transaction. A step without transaction has its span around all of its parts.
    pub(crate) fn transaction(step: &Step) -> Span {
        if step.work.execution().transaction || !step.action.runs_script() {
            migration(step)
        } else {
            Span::none()
        }
    }

    /// The future inside of the span.
    pub(crate) fn inside<F: Future>(span: Span, future: F) -> impl Future<Output = F::Output> {
        future.instrument(span)
    }

    /// An event for each kind of progress.
    pub(crate) fn progress(progress: &Progress<'_>) {
        match progress {
            Progress::Planned(plan) => tracing::info!(migrations = plan.steps.len(), "planned"),
            Progress::Done(done) => tracing::info!(
                version = done.version.as_i64(),
                name = done.name,
                action = done.action.as_str(),
                statements = done.statements,
                elapsed_ms = u64::try_from(done.elapsed.as_millis()).unwrap_or(u64::MAX),
                outcome = "done",
                "migration done"
            ),
            Progress::Blocked { step, blockers } => {
                let version = step.version.as_i64();
                for blocker in *blockers {
                    tracing::warn!(version, pid = blocker.pid, %blocker, "migration waits for a lock");
                }
            }
            Progress::Retrying { step, error, tries, pause } => tracing::warn!(
                version = step.version.as_i64(),
                error,
                tries,
                pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
                outcome = "retried",
                "migration will be tried again"
            ),
            Progress::SchemaNotKept { error } => tracing::warn!(error, "schema not kept"),
            Progress::Slow { step, elapsed } => tracing::warn!(
                version = step.version.as_i64(),
                elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
                "migration is still running"
            ),
        }
    }

    /// The event of a migration that failed.
    pub(crate) fn failed(step: &Step, error: &str) {
        let version = step.version.as_i64();
        let action = step.action.as_str();
        tracing::error!(version, name = %step.name, action, error, outcome = "failed", "migration failed");
    }
}

#[cfg(not(feature = "tracing"))]
mod disabled {
    use migrate_core::{Engine, Step, Target};

    use crate::report::Progress;

    /// The place of a span of `tracing`.
    #[derive(Clone, Debug)]
    pub(crate) struct Span;

    impl Span {
        #[cfg(feature = "sqlite")]
        pub(crate) fn in_scope<T>(&self, f: impl FnOnce() -> T) -> T {
            f()
        }
    }

    pub(crate) fn run(_set: &str, _engine: Engine, _target: Target) -> Span {
        Span
    }

    pub(crate) fn migration(_step: &Step) -> Span {
        Span
    }

    pub(crate) fn transaction(_step: &Step) -> Span {
        Span
    }

    pub(crate) fn statement(_number: usize) -> Span {
        Span
    }

    pub(crate) fn inside<F: Future>(_span: Span, future: F) -> F {
        future
    }

    pub(crate) fn progress(_progress: &Progress<'_>) {}

    pub(crate) fn failed(_step: &Step, _error: &str) {}
}
