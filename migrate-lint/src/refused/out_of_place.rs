//! Statements that are refused wherever the schema is: in a transaction that has begun, or without a value.

use migrate_core::Span;

use super::Place;
use crate::sql::{Block, Chance, Kind, Setting, Statement};

impl Place<'_> {
    pub(super) fn out_of_place(&self, statement: &Statement) -> Option<(Span, String)> {
        let late = "the transaction has run a query before, so its mode cannot be set";
        let in_transaction = match &statement.kind {
            Kind::SetTransaction { comes_first: true } => Some((statement.span, late.to_owned())),
            Kind::Set(setting) if is_mode(setting) => Some((statement.span, late.to_owned())),
            Kind::Do(block) => ends_transaction(block),
            _ => None,
        };
        in_transaction.filter(|_| self.transaction).or_else(|| {
            let why = "no value is given for the parameter: a script has none".to_owned();
            Some((statement.parameter?, why))
        })
    }
}

/// Whether a setting is one of `SET TRANSACTION`, which has to come before the first query. READ COMMITTED does not, where
/// it is the default.
fn is_mode(setting: &Setting) -> bool {
    match setting.name.as_str() {
        "transaction_isolation" => {
            setting.values.iter().any(|level| !level.eq_ignore_ascii_case("read committed"))
        }
        "transaction_deferrable" => !setting.reset,
        _ => false,
    }
}

/// The first COMMIT or ROLLBACK of a block whose error nothing catches.
fn ends_transaction(block: &Block) -> Option<(Span, String)> {
    let ends = |(statement, chance): &(&Statement, &Chance)| {
        matches!(statement.kind, Kind::Transaction) && **chance != Chance::Caught
    };
    let (statement, _) = block.statements.iter().zip(&block.chances).find(ends)?;
    let why =
        "a block cannot end a transaction that it has not begun: with `-- migrate: no-transaction` it can";
    Some((statement.span, why.to_owned()))
}

#[cfg(test)]
mod tests {
    use crate::testing::{case, history, sqlite_history};

    #[test]
    fn only_a_transaction_has_begun_before() {
        let before = history("");
        for sql in ["SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "DO $$ BEGIN COMMIT; END $$"] {
            case(&before, sql, &["up-fails high"]);
            case(&history("").without_transaction(), sql, &[]);
        }
        case(&history("").without_transaction(), "SELECT $1", &["up-fails high"]);
    }

    #[test]
    fn sqlite_reads_a_parameter_as_null() {
        case(&sqlite_history(""), "SELECT ?1, :x, $y, @z", &[]);
    }
}
