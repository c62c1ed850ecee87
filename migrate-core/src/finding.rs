use crate::{Hazard, Risk, Span};

/// A hazard in a script: where, and what to do instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which hazard.
    pub hazard: Hazard,
    /// How much harm it can do here.
    pub risk: Risk,
    /// What it is about: a clause, or the whole statement.
    pub span: Span,
    /// What happens, with the names of the statement: "adding the CHECK reads all rows of `orders` while …".
    pub message: String,
    /// The safer form.
    pub safer: String,
    /// Whether code that does not know the migration may fail on the schema that it leaves.
    pub breaks_older_binaries: bool,
}

impl Finding {
    /// A hazard as bad as it is by nature, which leaves older binaries alone.
    pub fn new(hazard: Hazard, span: Span, message: impl Into<String>, safer: impl Into<String>) -> Finding {
        Finding {
            hazard,
            risk: hazard.risk(),
            span,
            message: message.into(),
            safer: safer.into(),
            breaks_older_binaries: false,
        }
    }

    /// The same as bad as the circumstances make it.
    pub fn with_risk(mut self, risk: Risk) -> Finding {
        self.risk = risk;
        self
    }

    /// The same, and older binaries may fail.
    pub fn breaking_older_binaries(mut self) -> Finding {
        self.breaks_older_binaries = true;
        self
    }
}
