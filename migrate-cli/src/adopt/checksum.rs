//! The checksums of other tools: a recorded checksum and a file come in, and whether they match goes out.

use std::hash::{Hash, Hasher};

use migrate::Version;
use sha2::{Digest, Sha256, Sha384};
use siphasher::sip::SipHasher13;

use super::Tool;

/// The checksum that a tool recorded for the file that it applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recorded {
    tool: Tool,
    checksum: String,
}

impl Recorded {
    /// `None` if the tool records no checksums.
    pub(crate) fn new(tool: Tool, checksum: &str) -> Option<Recorded> {
        let records = matches!(tool, Tool::Sqlx | Tool::Refinery | Tool::Prisma | Tool::Flyway);
        (records && !checksum.is_empty()).then(|| Recorded { tool, checksum: checksum.to_owned() })
    }

    /// Whether this checksum is that of the file. Either form of line ends will do, because the tools treat them differently,
    /// and a checkout on another system changes them.
    pub(crate) fn is_of(&self, version: Version, name: &str, file: &str) -> bool {
        let unix = file.replace("\r\n", "\n");
        let windows = unix.replace('\n', "\r\n");
        [file, &unix, &windows].into_iter().any(|text| self.is_of_text(version, name, text))
    }

    fn is_of_text(&self, version: Version, name: &str, text: &str) -> bool {
        match self.tool {
            Tool::Sqlx => self.checksum.eq_ignore_ascii_case(&hex(&Sha384::digest(text))),
            Tool::Prisma => self.checksum.eq_ignore_ascii_case(&sha256(text)),
            Tool::Flyway => self.checksum == crc_of_lines(text).to_string(),
            Tool::Refinery => {
                let wide = refinery(name, version.as_i64(), text);
                let narrow =
                    i32::try_from(version.as_i64()).ok().map(|version| refinery(name, version, text));
                [Some(wide), narrow].into_iter().flatten().any(|sum| self.checksum == sum.to_string())
            }
            Tool::Diesel | Tool::GolangMigrate | Tool::Goose | Tool::Dbmate => false,
        }
    }
}

/// The checksum of Prisma.
pub(super) fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The checksum of refinery, which hashes the values and not their text. Its version is an `i32`, or an `i64` with one of
/// its features.
fn refinery(name: &str, version: impl Hash, text: &str) -> u64 {
    let mut hasher = SipHasher13::new();
    name.hash(&mut hasher);
    version.hash(&mut hasher);
    text.hash(&mut hasher);
    hasher.finish()
}

/// The checksum of Flyway: a CRC of the lines without their ends and without a byte order mark, as a signed number.
fn crc_of_lines(text: &str) -> i32 {
    let mut crc = crc32fast::Hasher::new();
    for line in text.trim_start_matches('\u{feff}').split(['\r', '\n']) {
        crc.update(line.as_bytes());
    }
    crc.finalize().cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(number: u64) -> Version {
        Version::new(number).unwrap()
    }

    fn is_of(tool: Tool, checksum: &str, file: &str) -> bool {
        Recorded::new(tool, checksum).unwrap().is_of(version(1), "create_users", file)
    }

    /// The first two are what `sha384sum` and `sha256sum` say of the file; the third is the CRC-32 of `SELECT 1;SELECT 2;`.
    #[test]
    fn each_tool_has_its_own_sum() {
        let sha384 = "24454095d8d7876ca8e842f34296ca645c83e0f7b50f048c99db4b2ff4da659267afc4ef3e994f3d74e18c741165d931";
        assert!(is_of(Tool::Sqlx, sha384, "SELECT 1;\n"));
        assert!(!is_of(Tool::Sqlx, sha384, "SELECT 2;\n"));
        let sha256 = "b4e0497804e46e0a0b0b8c31975b062152d551bac49c3c2e80932567b4085dcd";
        assert!(is_of(Tool::Prisma, sha256, "SELECT 1;\n"));
        assert!(!is_of(Tool::Prisma, sha256, "SELECT 1;"));
        assert!(is_of(Tool::Flyway, "-1665099012", "\u{feff}SELECT 1;\r\nSELECT 2;"));
        assert!(!is_of(Tool::Flyway, "-1665099012", "SELECT 2;\nSELECT 1;"));
    }

    #[test]
    fn refinery_hashes_versions_of_two_widths() {
        for sum in
            [refinery("create_users", 1_i32, "SELECT 1;"), refinery("create_users", 1_i64, "SELECT 1;")]
        {
            assert!(is_of(Tool::Refinery, &sum.to_string(), "SELECT 1;"));
            assert!(!is_of(Tool::Refinery, &sum.to_string(), "SELECT 2;"));
        }
    }

    #[test]
    fn line_ends_are_no_edit() {
        let unix = sha256("SELECT 1;\nSELECT 2;\n");
        assert!(is_of(Tool::Prisma, &unix, "SELECT 1;\r\nSELECT 2;\r\n"));
        let windows = hex(&Sha384::digest("SELECT 1;\r\nSELECT 2;\r\n"));
        assert!(is_of(Tool::Sqlx, &windows, "SELECT 1;\nSELECT 2;\n"));
        assert!(!is_of(Tool::Sqlx, &windows, "SELECT 1;\nSELECT 3;\n"));
    }

    #[test]
    fn a_tool_that_records_nothing_proves_nothing() {
        assert_eq!(Recorded::new(Tool::Diesel, "x"), None);
        assert_eq!(Recorded::new(Tool::Flyway, ""), None); // a row that was baselined
    }
}
