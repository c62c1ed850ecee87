//! Reads `migrate.lock`. A line that is invalid is a problem with its place, and the lines after it are still read.

use super::{Line, LockFile, LockedHazard, OLDER_BINARIES, RISKS, Verdict};
use crate::Hazard;
use crate::{Checksum, Version};

/// A lock file as far as it could be read.
#[derive(Debug, Default)]
pub(crate) struct Locked {
    pub(crate) text: String,
    pub(crate) file: LockFile,
    /// The byte where each line begins.
    starts: Vec<usize>,
    /// The problems, each with the byte where it is.
    pub(crate) invalid: Vec<(InvalidLine, usize)>,
    /// Lines whose chain value does not follow from the lines before.
    pub(crate) broken: Vec<Line>,
}

/// Why a line of a lock file is invalid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum InvalidLine {
    /// Something else was expected here.
    Expected(&'static str),
    /// A conflict marker of git, from a merge of two branches.
    ConflictMarker,
    /// Its version does not come after that of the line before.
    NotAbove(Version),
}

const CONFLICT_MARKERS: [&str; 4] = ["<<<<<<<", "|||||||", "=======", ">>>>>>>"];

/// Reads a lock file whose line ends are LF.
pub(crate) fn parse(text: &str) -> Locked {
    let mut locked = Locked { text: text.to_owned(), ..Locked::default() };
    let mut chain = None;
    let mut start = 0;
    for (number, raw) in text.split_inclusive('\n').enumerate() {
        let line = raw.strip_suffix('\n').unwrap_or(raw);
        let is_header = number == 0 && line.starts_with('#');
        if CONFLICT_MARKERS.iter().any(|marker| line.starts_with(marker)) {
            // Any further error follows from this one.
            locked.invalid = vec![(InvalidLine::ConflictMarker, start)];
            return locked;
        }
        if !is_header {
            match Cursor::new(line).line() {
                Ok(read) => chain = Some(locked.add(read, start, chain)),
                Err((expected, at)) => locked.invalid.push((InvalidLine::Expected(expected), start + at)),
            }
        }
        start += raw.len();
    }
    if !text.starts_with('#') && locked.invalid.is_empty() {
        locked.invalid.push((InvalidLine::Expected("a comment that begins with `#` on the first line"), 0));
    }
    locked
}

impl Locked {
    /// Appends a line after one with the chain value `before`, and returns the chain value of the new line.
    fn add(&mut self, read: ChainedLine<'_>, start: usize, before: Option<Checksum>) -> Checksum {
        let ChainedLine { line, text, chain } = read;
        if let Some(above) = self.file.head().filter(|above| line.version <= above.version) {
            self.invalid.push((InvalidLine::NotAbove(above.version), start));
        }
        if Checksum::chain_line(before, text) != chain {
            self.broken.push(line.clone());
        }
        self.starts.push(start);
        self.file.lines.push(line);
        chain
    }

    /// The byte where the line of this version begins.
    pub(crate) fn start(&self, version: Version) -> usize {
        let at = self.file.lines.iter().position(|line| line.version == version);
        at.map_or(0, |at| self.starts[at])
    }
}

struct ChainedLine<'a> {
    line: Line,
    /// The part of a line that its chain value covers.
    text: &'a str,
    chain: Checksum,
}

/// What was expected, and at which byte of the line.
type Unexpected = (&'static str, usize);

const CHECKSUM: &str = "a checksum: `v1:` and 64 hexadecimal digits";

/// Reads a line from its beginning to its end.
struct Cursor<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn new(line: &'a str) -> Cursor<'a> {
        Cursor { line, at: 0 }
    }

    fn line(mut self) -> Result<ChainedLine<'a>, Unexpected> {
        let (version, name) = self.label()?;
        let (up, at) = self.required("up", "`up=` and a checksum")?;
        let up = checksum(up, at)?;
        let down = match self.required("down", "`down=` and a checksum or `-`")? {
            ("-", _) => None,
            (down, at) => Some(checksum(down, at)?),
        };
        let (risk, at) = self.required("risk", "`risk=safe`, `risk=controlled` or `risk=high`")?;
        let risk = of_word(&RISKS, risk).ok_or((RISK, at))?;
        let hazards = self.list("hazards", hazard)?;
        let (older, at) =
            self.required("older-binaries", "`older-binaries=ok` or `older-binaries=refuse`")?;
        let older_binaries = of_word(&OLDER_BINARIES, older).ok_or(("`ok` or `refuse`", at))?;
        let accepts = self.list("accepts", checksum)?;
        let text = &self.line[..self.at];
        let (chain, at) = self.required("chain", "`chain=` and a checksum")?;
        let chain = checksum(chain, at)?;
        if self.at < self.line.len() {
            return Err(("the end of the line", self.next()));
        }
        let verdict = Verdict { risk, hazards, older_binaries };
        let line = Line { version, name: name.to_owned(), up, down, verdict, accepts };
        Ok(ChainedLine { line, text, chain })
    }

    /// A name may hold anything, spaces too. The fields after it never hold ` up=`, so the last one ends the name.
    fn label(&mut self) -> Result<(Version, &'a str), Unexpected> {
        const LABEL: &str = "`<version>_<name> up=v1:…`";
        let end = self.line.rfind(" up=").ok_or((LABEL, 0))?;
        let (number, name) = self.line[..end].split_once('_').ok_or((LABEL, 0))?;
        let version = number.parse().map_err(|_| (LABEL, 0))?;
        self.at = end;
        Ok((version, name))
    }

    /// The value of a field, and the byte where it begins.
    fn required(&mut self, key: &str, expected: &'static str) -> Result<(&'a str, usize), Unexpected> {
        self.optional(key).ok_or((expected, self.next()))
    }

    /// The byte where the next field begins.
    fn next(&self) -> usize {
        self.at + usize::from(self.line[self.at..].starts_with(' '))
    }

    fn optional(&mut self, key: &str) -> Option<(&'a str, usize)> {
        let value = self.line[self.at..].strip_prefix(' ')?.strip_prefix(key)?.strip_prefix('=')?;
        let at = self.line.len() - value.len();
        let value = value.split(' ').next().unwrap_or(value);
        self.at = at + value.len();
        Some((value, at))
    }

    /// The values of a field that may be absent, with commas between them.
    fn list<T>(
        &mut self,
        key: &str,
        read: impl Fn(&'a str, usize) -> Result<T, Unexpected>,
    ) -> Result<Vec<T>, Unexpected> {
        let Some((values, mut at)) = self.optional(key) else { return Ok(Vec::new()) };
        let read = |value: &'a str| {
            let result = read(value, at);
            at += value.len() + 1;
            result
        };
        values.split(',').map(read).collect()
    }
}

fn checksum(text: &str, at: usize) -> Result<Checksum, Unexpected> {
    text.parse().map_err(|_| (CHECKSUM, at))
}

const RISK: &str = "`safe`, `controlled`, `high` or `unknown`";

fn hazard(text: &str, at: usize) -> Result<LockedHazard, Unexpected> {
    let read = || {
        let (name, rest) = text.split_once(':')?;
        let (line, risk) = rest.split_once(':')?;
        let line = line.parse().ok().filter(|line| *line > 0)?;
        Some(LockedHazard { hazard: Hazard::from_name(name)?, line, risk: of_word(&RISKS, risk)?? })
    };
    read().ok_or(("a hazard as `<name>:<line>:<risk>`", at))
}

fn of_word<T: Copy>(table: &[(&str, T)], word: &str) -> Option<T> {
    table.iter().find(|(of, _)| *of == word).map(|(_, value)| *value)
}
