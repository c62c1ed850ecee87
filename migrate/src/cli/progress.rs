//! The progress of a run on stderr: events of the run come in, and lines or a bar go out.

use std::fmt;
use std::io::{IsTerminal, stderr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use migrate_core::OneLine;

use super::console::Console;
use super::style::{self, styled};
use super::terminal::safe;
use crate::report;

/// Shows the progress of a run on stderr: a bar on a terminal, else a line for each event.
#[derive(Clone)]
pub(super) struct Progress {
    display: Display,
    state: Arc<Mutex<State>>,
}

#[derive(Clone)]
enum Display {
    Silent,
    Lines,
    Bar(ProgressBar),
}

#[derive(Default)]
struct State {
    /// The steps that are left, the next one last.
    names: Vec<String>,
    /// The last wait that was shown, so that it is not shown again every second.
    waiting: String,
}

impl Progress {
    pub(super) fn new(console: &Console) -> Progress {
        let display = if !console.is_talkative() {
            Display::Silent
        } else if stderr().is_terminal() {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{spinner} {pos}/{len} {wide_msg} {elapsed}");
            bar.set_style(style.expect("the template is a constant with known keys"));
            Display::Bar(bar)
        } else {
            Display::Lines
        };
        Progress { display, state: Arc::default() }
    }

    /// Shows an event of a run.
    pub(super) fn show(&self, event: &report::Progress<'_>) {
        match event {
            report::Progress::Planned(plan) => {
                let names = plan.steps.iter().rev().map(ToString::to_string).collect();
                self.with_state(|state| state.names = names);
                if let Display::Bar(bar) = &self.display {
                    bar.set_length(plan.steps.len() as u64);
                    bar.reset();
                    bar.enable_steady_tick(Duration::from_millis(100));
                }
                self.show_next();
            }
            report::Progress::Done(migration) => {
                self.line(styled(style::GOOD, migration));
                self.with_state(|state| {
                    state.names.pop();
                    state.waiting.clear();
                });
                if let Display::Bar(bar) = &self.display {
                    bar.inc(1);
                }
                self.show_next();
            }
            report::Progress::Blocked { step, .. } => self.wait(&format!("{step}"), &event.to_string()),
            report::Progress::Retrying { .. }
            | report::Progress::Slow { .. }
            | report::Progress::SchemaNotKept { .. } => {
                self.line(styled(style::WARNING, event));
            }
        }
    }

    /// Shows how far the server is with an index.
    #[cfg(feature = "postgres")]
    pub(super) fn index_build(&self, build: &super::connection::IndexBuild) {
        match &self.display {
            Display::Silent => {}
            Display::Bar(bar) => bar.set_message(OneLine(&build.to_string()).to_string()),
            Display::Lines => {
                // With the block numbers, this would print a line every half second.
                let coarse =
                    super::connection::IndexBuild { blocks_done: 0, blocks_total: 0, ..build.clone() };
                self.wait("", &coarse.to_string());
            }
        }
    }

    /// Removes the bar once the run is over.
    pub(super) fn end(&self) {
        if let Display::Bar(bar) = &self.display {
            bar.finish_and_clear();
        }
    }

    /// Shows a wait, once.
    fn wait(&self, what: &str, text: &str) {
        let is_new = self.with_state(|state| {
            let is_new = state.waiting != text;
            text.clone_into(&mut state.waiting);
            is_new
        });
        if is_new {
            self.line(styled(style::WARNING, text));
        }
        if let Display::Bar(bar) = &self.display
            && !what.is_empty()
        {
            bar.set_message(format!("{} waits for a lock", OneLine(what)));
        }
    }

    fn show_next(&self) {
        if let Display::Bar(bar) = &self.display {
            let next = self.with_state(|state| state.names.last().cloned().unwrap_or_default());
            bar.set_message(OneLine(&next).to_string());
        }
    }

    fn line(&self, text: impl fmt::Display) {
        match &self.display {
            Display::Silent => {}
            Display::Lines => anstream::eprintln!("{}", safe(text)),
            // Without this the line would be written over the bar.
            Display::Bar(bar) => bar.suspend(|| anstream::eprintln!("{}", safe(text))),
        }
    }

    fn with_state<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        // The state is consistent after every statement, so a panic of another thread does no harm.
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
