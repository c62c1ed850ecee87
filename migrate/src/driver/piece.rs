use std::time::Duration;

use migrate_core::{Position, Script, Span};

/// Statements of a script that are sent together.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    script: &'a Script,
    /// The first statement, by its number in the script.
    first: usize,
    end: usize,
    timeouts: Timeouts,
    pub attempt: Attempt,
}

/// One of the tries to run a piece.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempt {
    /// How long it waits for a lock, if its limit is longer.
    pub longest_wait: Option<Duration>,
    /// Whether another one has failed before.
    pub is_again: bool,
}

/// How long a statement may wait for a lock, and how long it may run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timeouts {
    pub lock: Option<Duration>,
    pub statement: Option<Duration>,
}

impl<'a> Piece<'a> {
    pub fn whole(script: &'a Script, timeouts: Timeouts) -> Piece<'a> {
        Piece { script, first: 0, end: script.spans().len(), timeouts, attempt: Attempt::default() }
    }

    pub fn one(script: &'a Script, statement: usize, timeouts: Timeouts) -> Piece<'a> {
        Piece { script, first: statement, end: statement + 1, timeouts, attempt: Attempt::default() }
    }

    /// How long its statements may wait for a lock in a last try.
    #[cfg(feature = "postgres")]
    pub fn lock_limit(&self) -> Option<Duration> {
        self.timeouts.lock
    }

    /// The limits of its statements in this try.
    pub fn timeouts(&self) -> Timeouts {
        let shorter = |limit: Duration| match self.attempt.longest_wait {
            // 0 is no limit, which the user asked for.
            Some(wait) if !limit.is_zero() => limit.min(wait),
            _ => limit,
        };
        Timeouts { lock: self.timeouts.lock.map(shorter), ..self.timeouts }
    }

    pub fn script(&self) -> &'a Script {
        self.script
    }

    /// The statements of the script that come before it.
    #[cfg(feature = "postgres")]
    pub fn before(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.script.statements().take(self.first)
    }

    /// Each of its statements as a piece.
    #[cfg(all(feature = "testing", feature = "postgres"))]
    pub fn statements(&self) -> impl Iterator<Item = Piece<'a>> + use<'a> {
        let Piece { script, first, end, .. } = *self;
        let timeouts = self.timeouts();
        (first..end).map(move |statement| Piece::one(script, statement, timeouts))
    }

    pub fn spans(&self) -> &'a [Span] {
        &self.script.spans()[self.first..self.end]
    }

    /// From the first statement to the end of the last, with the comments between them.
    pub fn sql(&self) -> &'a str {
        let (Some(first), Some(last)) = (self.spans().first(), self.spans().last()) else { return "" };
        &self.script.sql()[first.start()..last.end()]
    }

    /// The place of an error: at a byte of [`Piece::sql`], else at the statement with this number in the piece.
    pub fn place(&self, offset: Option<usize>, statement: usize) -> Place {
        let start = self.spans().first().map_or(0, |span| span.start());
        let offset = offset.map(|offset| start + offset);
        let by_offset = offset.and_then(|at| self.spans().iter().position(|span| at <= span.end()));
        let statement = by_offset.unwrap_or(statement).min(self.spans().len().saturating_sub(1));
        let at = offset.or(self.spans().get(statement).map(|span| span.start())).unwrap_or_default();
        let position = Position::of_byte(self.script.sql(), at);
        Place {
            statement: self.first + statement,
            position,
            line: position.line_of(self.script.sql()).to_owned(),
        }
    }
}

/// The place of an error in a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The number of the statement in its script, from 0.
    pub statement: usize,
    pub position: Position,
    pub line: String,
}
