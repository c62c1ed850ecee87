//! The changes that a folder of goose or dbmate needs: those tools keep both directions in one file, and we keep two files.

use migrate_core::PREPARE_FILE;

use super::{Tool, Unsplittable, split};

/// The changes to the files of a folder. Paths are relative to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Conversion {
    /// The paths and texts of new files.
    pub(crate) writes: Vec<(String, String)>,
    /// Files whose content is in the new files.
    pub(crate) removes: Vec<String>,
}

/// A file that keeps the folder from being converted, and why.
pub(crate) type Obstacle = (String, Unsplittable);

/// Splits the files of a tool that keeps both directions in one file.
///
/// # Errors
///
/// Returns every file that cannot be split. No file should be split then.
pub(crate) fn conversion(tool: Tool, files: &[(String, String)]) -> Result<Conversion, Vec<Obstacle>> {
    let mut conversion = Conversion::default();
    let mut obstacles = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| tool.joins_directions() && is_joined(path)) {
        let label = path.strip_suffix(".sql").unwrap_or(path);
        match split(tool, text) {
            Ok(sections) => {
                conversion.writes.push((format!("{label}.up.sql"), sections.up));
                let down = sections.down.map(|down| (format!("{label}.down.sql"), down));
                conversion.writes.extend(down);
                conversion.removes.push(path.clone());
            }
            Err(why) => obstacles.push((path.clone(), why)),
        }
    }
    if obstacles.is_empty() { Ok(conversion) } else { Err(obstacles) }
}

/// Whether a file can hold both directions. A file that was split before holds only one.
fn is_joined(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_script =
        name.ends_with(".sql") && !name.starts_with('.') && ![PREPARE_FILE, "schema.sql"].contains(&path);
    is_script && ![".up.sql", ".down.sql", ".verify.sql"].iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(files: &[(&str, &str)]) -> Vec<(String, String)> {
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn each_file_becomes_one_for_each_direction() {
        let folder = files(&[
            ("1_a.sql", "-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 2;\n"),
            ("billing/2_b.sql", "-- migrate:up\nSELECT 3;\n"),
            ("3_c.up.sql", "SELECT 4;\n"), // taken apart before
            ("3_c.verify.sql", "SELECT 5;\n"),
            (".4_d.sql", "SELECT 6;\n"), // an editor's
            ("prepare.sql", "CREATE ROLE app;\n"),
            ("README.md", "nothing"),
        ]);
        let conversion = conversion(Tool::Dbmate, &folder).unwrap();
        let writes = [
            ("1_a.up.sql", "SELECT 1;\n"),
            ("1_a.down.sql", "SELECT 2;\n"),
            ("billing/2_b.up.sql", "SELECT 3;\n"),
        ];
        assert_eq!(conversion.writes, files(&writes));
        assert_eq!(conversion.removes, ["1_a.sql", "billing/2_b.sql"]);
    }

    #[test]
    fn one_file_that_does_not_read_keeps_all_as_they_are() {
        let folder = files(&[("1_a.sql", "-- migrate:up\nSELECT 1;\n"), ("2_b.sql", "SELECT 2;\n")]);
        let obstacles = conversion(Tool::Dbmate, &folder).unwrap_err();
        assert_eq!(obstacles, [("2_b.sql".to_owned(), Unsplittable::NoUp { marker: "-- migrate:up" })]);
    }

    #[test]
    fn the_other_tools_need_nothing() {
        let folder = files(&[("1_a.sql", "SELECT 1;\n")]);
        assert_eq!(conversion(Tool::Sqlx, &folder), Ok(Conversion::default()));
    }
}
