//! Reads migrations back from the two literals. No text is copied: each is a slice of the first literal.

use std::borrow::Cow;
use std::time::Duration;

use super::NONE;
use crate::beginnings::Beginnings;
use crate::{
    Checksum, Down, Execution, FoundHazard, Hazard, Migration, OlderBinaries, Risk, Script, Span, Version,
    Work,
};

pub(super) fn unpack(count: usize, texts: &'static str, numbers: &'static [u8]) -> Vec<Migration> {
    let mut reader = Reader { texts, numbers };
    let migrations = reader.list(count, Reader::migration);
    debug_assert!(reader.texts.is_empty() && reader.numbers.is_empty());
    migrations
}

/// Reads what `pack` of this same crate has written, so the input is always well formed.
struct Reader {
    texts: &'static str,
    numbers: &'static [u8],
}

impl Reader {
    fn migration(&mut self) -> Migration {
        Migration {
            version: Version::from_i64(i64::from_le_bytes(self.bytes())).expect("it was a version"),
            name: self.text(),
            up: Work::Sql(self.script()),
            down: self.down(),
            verify: self.flag().then(|| self.script()),
            risk: self.flag().then(|| self.risk()),
            hazards: self.counted(Reader::hazard).into(),
            older_binaries: if self.flag() { OlderBinaries::Ok } else { OlderBinaries::Refuse },
            accepts: self.counted(Reader::checksum).into(),
        }
    }

    fn down(&mut self) -> Down {
        if self.flag() {
            Down::Work(Work::Sql(self.script()))
        } else {
            Down::Irreversible(self.optional_text())
        }
    }

    fn script(&mut self) -> Script {
        Script {
            path: self.text(),
            sql: self.text(),
            checksum: self.checksum(),
            statements: self.counted(Reader::span).into(),
            execution: self.execution(),
            beginnings: Beginnings::default(),
        }
    }

    fn span(&mut self) -> Span {
        Span::new(self.number(), self.number())
    }

    fn execution(&mut self) -> Execution {
        Execution {
            transaction: self.flag(),
            lock_timeout: self.timeout(),
            statement_timeout: self.timeout(),
            foreign_keys_off: self.flag(),
            changes_session: self.flag(),
        }
    }

    fn hazard(&mut self) -> FoundHazard {
        FoundHazard {
            hazard: Hazard::ALL[usize::from(self.byte())],
            risk: self.risk(),
            line: self.number(),
            allowed: self.optional_text(),
        }
    }

    fn risk(&mut self) -> Risk {
        Risk::ALL[usize::from(self.byte())]
    }

    fn checksum(&mut self) -> Checksum {
        Checksum::from_bytes(self.bytes())
    }

    fn timeout(&mut self) -> Option<Duration> {
        let ms = self.number();
        (ms != NONE).then(|| Duration::from_millis(ms.into()))
    }

    fn text(&mut self) -> Cow<'static, str> {
        self.optional_text().expect("it was a text")
    }

    fn optional_text(&mut self) -> Option<Cow<'static, str>> {
        let length = self.number();
        (length != NONE).then(|| {
            let (text, rest) = self.texts.split_at(length as usize);
            self.texts = rest;
            text.into()
        })
    }

    fn counted<T>(&mut self, read: fn(&mut Reader) -> T) -> Vec<T> {
        let count = self.number();
        self.list(count as usize, read)
    }

    fn list<T>(&mut self, count: usize, read: fn(&mut Reader) -> T) -> Vec<T> {
        (0..count).map(|_| read(self)).collect()
    }

    fn flag(&mut self) -> bool {
        self.byte() != 0
    }

    fn byte(&mut self) -> u8 {
        let [byte] = self.bytes();
        byte
    }

    fn number(&mut self) -> u32 {
        u32::from_le_bytes(self.bytes())
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let (bytes, rest) = self.numbers.split_first_chunk().expect("it was written");
        self.numbers = rest;
        *bytes
    }
}
