//! Checksums of scripts, and the chain values that are made of them. A text comes in; 32 bytes go out, written `v1:…`.
//!
//! Why a chain? The value of a row covers the row before it, so that the last value of 1,000 rows proves all of them in an
//! answer of constant size.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::Version;

/// SHA-256 over the text of a script, without a byte order mark, with line ends as LF and without
/// white space at the end. So the checksum is the same on every platform, in every editor and under every setting of
/// git's `autocrlf`.
///
/// Written `v1:<64 hexadecimal digits>`; the `v1` names this definition.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Checksum([u8; 32]);

impl Checksum {
    /// The checksum with these 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Checksum {
        Checksum(bytes)
    }

    /// The 32 bytes of SHA-256.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The checksum of a script.
    ///
    /// ```
    /// use migrate_core::Checksum;
    ///
    /// let unix = Checksum::of("CREATE TABLE t (id int);\n");
    /// assert_eq!(unix, Checksum::of("\u{feff}CREATE TABLE t (id int);\r\n\r\n"));
    /// assert!(unix.to_string().starts_with("v1:"));
    /// ```
    pub fn of(script: &str) -> Checksum {
        Checksum(Sha256::digest(normalized(script).trim_end()).into())
    }

    /// The chain value of a history row: it covers the row's version and checksum, and the chain value of the
    /// row before it. So one value proves all rows up to it (`None` starts a chain).
    pub fn chain(before: Option<Checksum>, version: Version, checksum: Checksum) -> Checksum {
        let mut hash = Sha256::new();
        hash.update(before.map_or([0; 32], |chain| chain.0));
        hash.update(version.as_i64().to_be_bytes());
        hash.update(checksum.0);
        Checksum(hash.finalize().into())
    }

    /// The chain value of a line of text: it covers its bytes, and the chain value of the line before it.
    pub(crate) fn chain_line(before: Option<Checksum>, line: &str) -> Checksum {
        let mut hash = Sha256::new();
        hash.update(before.map_or([0; 32], |chain| chain.0));
        hash.update(line);
        Checksum(hash.finalize().into())
    }

    /// The checksum of a list of texts. The length of each is hashed too, so that `["a", "bc"]` and `["ab", "c"]` differ.
    pub(crate) fn of_parts<'p>(parts: impl Iterator<Item = &'p str>) -> Checksum {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Checksum(hash.finalize().into())
    }
}

/// The checksum of a script that grows, hashed once.
///
/// White space at the end is not hashed until something follows it.
#[derive(Default)]
pub(crate) struct Growing {
    hash: Sha256,
    has_begun: bool,
    /// What is not hashed yet.
    end: String,
}

impl Growing {
    pub(crate) fn push(&mut self, text: &str) {
        let text = if self.has_begun { line_ends(text) } else { normalized(text) };
        self.has_begun |= !text.is_empty();
        self.end += &text;
        let hashed = self.end.trim_end().len();
        #[cfg(test)]
        HASHED.with(|bytes| bytes.set(bytes.get() + hashed));
        self.hash.update(&self.end[..hashed]);
        self.end.drain(..hashed);
    }

    pub(crate) fn checksum(&self) -> Checksum {
        Checksum(self.hash.clone().finalize().into())
    }
}

#[cfg(test)]
std::thread_local! {
    static HASHED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// How many bytes of growing scripts this thread has hashed.
#[cfg(test)]
pub(crate) fn hashed_bytes() -> usize {
    HASHED.with(std::cell::Cell::get)
}

/// The text that is hashed and that runs: without a byte order mark, line ends as LF.
pub(crate) fn normalized(script: &str) -> Cow<'_, str> {
    line_ends(script.strip_prefix('\u{feff}').unwrap_or(script))
}

fn line_ends(script: &str) -> Cow<'_, str> {
    if script.contains('\r') {
        script.replace("\r\n", "\n").replace('\r', "\n").into()
    } else {
        script.into()
    }
}

const FORMAT: &str = "v1:";

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(FORMAT)?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Checksum({self})")
    }
}

impl FromStr for Checksum {
    type Err = InvalidChecksum;

    fn from_str(text: &str) -> Result<Checksum, InvalidChecksum> {
        let hex = text.strip_prefix(FORMAT).filter(|hex| hex.len() == 64).ok_or(InvalidChecksum)?;
        let (high, low) = hex.split_at_checked(32).ok_or(InvalidChecksum)?;
        let mut bytes = [0; 32];
        // Not byte by byte: a lock file holds thousands, and macros run unoptimized.
        for (bytes, digits) in bytes.chunks_exact_mut(16).zip([high, low]) {
            let is_signed = digits.starts_with('+');
            let number = u128::from_str_radix(digits, 16).ok().filter(|_| !is_signed);
            bytes.copy_from_slice(&number.ok_or(InvalidChecksum)?.to_be_bytes());
        }
        Ok(Checksum(bytes))
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Checksum {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A text is not a [`Checksum`]: `v1:` and 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidChecksum;

impl fmt::Display for InvalidChecksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a checksum is `v1:` and 64 hexadecimal digits")
    }
}

impl std::error::Error for InvalidChecksum {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_sha256_of_the_normalized_text() {
        // `printf 'SELECT 1;' | sha256sum`
        let want = "v1:17db4fd369edb9244b9f91d9aeed145c3d04ad8ba6e95d06247f07a63527d11a";
        for text in ["SELECT 1;", "SELECT 1;\n", "\u{feff}SELECT 1;\r\n \t\n", "SELECT 1;\r"] {
            assert_eq!(Checksum::of(text).to_string(), want, "{text:?}");
        }
        assert_ne!(Checksum::of(" SELECT 1;").to_string(), want);
    }

    #[test]
    fn reads_what_it_writes_and_nothing_else() {
        let checksum = Checksum::of("SELECT 1;");
        assert_eq!(checksum.to_string().parse(), Ok(checksum));
        let hex = "a".repeat(64);
        for text in [
            format!("v2:{hex}"),
            hex.clone(),
            format!("v1:{}", &hex[1..]),
            format!("v1:+{}", &hex[1..]),
            format!("v1:{}+{}", &hex[..32], &hex[33..]),
            format!("v1:{}é{}", &hex[..31], &hex[33..]),
        ] {
            assert_eq!(text.parse::<Checksum>(), Err(InvalidChecksum), "{text}");
        }
    }

    #[test]
    fn a_chain_value_depends_on_everything_before_it() {
        let [one, two] = [1, 2].map(|n| Version::from_i64(n).unwrap());
        let [a, b] = ["a", "b"].map(Checksum::of);
        let first = Checksum::chain(None, one, a);
        assert_ne!(first, Checksum::chain(None, one, b));
        assert_ne!(first, Checksum::chain(None, two, a));
        assert_ne!(first, Checksum::chain(Some(first), one, a));
        assert_eq!(first, Checksum::chain(None, one, a));
    }
}
