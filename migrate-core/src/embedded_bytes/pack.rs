//! Writes migrations as two literals: all texts one after the other, and everything else as bytes.

use std::time::Duration;

use super::NONE;
use crate::{Checksum, Down, Execution, FoundHazard, Migration, OlderBinaries, Risk, Script, Span, Work};

/// The texts and the numbers of migrations.
#[doc(hidden)]
pub fn pack(migrations: &[Migration]) -> (String, Vec<u8>) {
    let mut writer = Writer::default();
    migrations.iter().for_each(|migration| writer.migration(migration));
    (writer.texts, writer.numbers)
}

/// The counterpart of the reader in `unpack`: a field that is added here must be read there, in the same order.
#[derive(Default)]
struct Writer {
    texts: String,
    numbers: Vec<u8>,
}

impl Writer {
    fn migration(&mut self, migration: &Migration) {
        let Migration { version, name, up, down, verify, risk, hazards, older_binaries, accepts } = migration;
        self.numbers.extend(version.as_i64().to_le_bytes());
        self.text(name);
        self.work(up);
        self.down(down);
        self.flag(verify.is_some());
        verify.iter().for_each(|script| self.script(script));
        self.flag(risk.is_some());
        risk.iter().for_each(|risk| self.risk(*risk));
        self.number(hazards.len());
        hazards.iter().for_each(|hazard| self.hazard(hazard));
        self.flag(*older_binaries == OlderBinaries::Ok);
        self.number(accepts.len());
        accepts.iter().for_each(|checksum| self.checksum(*checksum));
    }

    fn down(&mut self, down: &Down) {
        self.flag(matches!(down, Down::Work(_)));
        match down {
            Down::Work(work) => self.work(work),
            Down::Irreversible(why) => self.optional_text(why.as_deref()),
        }
    }

    /// A second kind of work needs a number that tells the kinds apart.
    fn work(&mut self, work: &Work) {
        let Work::Sql(script) = work;
        self.script(script);
    }

    fn script(&mut self, Script { path, sql, checksum, statements, execution, beginnings: _ }: &Script) {
        self.text(path);
        self.text(sql);
        self.checksum(*checksum);
        self.number(statements.len());
        statements.iter().for_each(|span| self.span(*span));
        self.execution(*execution);
    }

    fn span(&mut self, span: Span) {
        self.number(span.start());
        self.number(span.end());
    }

    fn execution(&mut self, execution: Execution) {
        let Execution { transaction, lock_timeout, statement_timeout, foreign_keys_off, changes_session } =
            execution;
        self.flag(transaction);
        self.timeout(lock_timeout);
        self.timeout(statement_timeout);
        self.flag(foreign_keys_off);
        self.flag(changes_session);
    }

    fn hazard(&mut self, FoundHazard { hazard, risk, line, allowed }: &FoundHazard) {
        self.numbers.push(*hazard as u8);
        self.risk(*risk);
        self.numbers.extend(line.to_le_bytes());
        self.optional_text(allowed.as_deref());
    }

    fn risk(&mut self, risk: Risk) {
        self.numbers.push(risk as u8);
    }

    fn checksum(&mut self, checksum: Checksum) {
        self.numbers.extend(checksum.as_bytes());
    }

    fn timeout(&mut self, timeout: Option<Duration>) {
        match timeout.map(|timeout| usize::try_from(timeout.as_millis())) {
            Some(ms) => self.number(ms.expect("a timeout is an int4 of milliseconds")),
            None => self.none(),
        }
    }

    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.texts.push_str(text);
    }

    fn optional_text(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.none(),
        }
    }

    fn flag(&mut self, flag: bool) {
        self.numbers.push(flag.into());
    }

    fn number(&mut self, number: usize) {
        let number = u32::try_from(number).ok().filter(|number| *number != NONE);
        self.numbers.extend(number.expect("a script is at most 64 MiB long").to_le_bytes());
    }

    fn none(&mut self) {
        self.numbers.extend(NONE.to_le_bytes());
    }
}
