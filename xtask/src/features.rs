//! Checks each Cargo feature on its own: a feature adds API and must compile without the others.

use std::fs;

use crate::step::{Done, Failed, cargo, root, run};

/// Features that do nothing without another one, with that one.
const TOGETHER: [(&str, &str); 4] = [
    ("migrate", "scope,postgres"),
    ("migrate", "scope,sqlite"),
    ("migrate", "cli,postgres"),
    ("migrate", "cli,sqlite"),
];

/// Checks a package without features, with each feature alone, and with those that need another.
///
/// It uses clippy, which can turn warnings into errors without rebuilding third-party crates.
pub(crate) fn each_alone(package: &str) -> Done {
    let manifest = root().join(package).join("Cargo.toml");
    let manifest = fs::read_to_string(&manifest)
        .map_err(|error| Failed(format!("cannot read {}: {error}", manifest.display())))?;
    check(&format!("{package} without features"), package, &[])?;
    for feature in names(&manifest) {
        check(&format!("{package} with {feature} alone"), package, &["--features", feature])?;
    }
    for (_, features) in TOGETHER.iter().filter(|(of, _)| *of == package) {
        check(&format!("{package} with {features}"), package, &["--features", features])?;
    }
    Ok(())
}

fn check(title: &str, package: &str, features: &[&str]) -> Done {
    let clippy = &mut cargo(&["clippy", "--package", package, "--no-default-features"]);
    run(title, clippy.args(features).args(["--", "-D", "warnings"]))
}

/// The names in a manifest's `[features]`. Each feature is on its own line, so this needs no TOML reader.
fn names(manifest: &str) -> Vec<&str> {
    let section = manifest.lines().skip_while(|line| *line != "[features]").skip(1);
    let lines = section.take_while(|line| !line.starts_with('['));
    lines.filter_map(|line| line.split_once(" = [")).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_section() {
        let manifest = "\
[package]
name = \"x\"
keywords = [\"a\"]

[features]
default = [\"one\"]
# Why.
one = []
two-three = [
    \"dep:x\",
]

[dependencies]
x = { features = [\"y\"] }
four = [1]
";
        assert_eq!(names(manifest), ["default", "one", "two-three"]);
        assert_eq!(names("[package]\n"), Vec::<&str>::new());
    }
}
