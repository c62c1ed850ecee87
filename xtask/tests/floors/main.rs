//! Holds the crates of the product to the floors that ARCHITECTURE.md shows: a module imports only what is on a floor below
//! its own, whatever re-exports the path goes through, and a crate only the crates that it may know.

mod check;
mod file;
mod house;
mod plan;
mod tokens;

use std::fs;
use std::path::Path;

use check::Neighbour;
use house::House;
use plan::Floors;

/// The crates of the product, and their roots.
const CRATES: [(&str, &str); 5] = [
    ("migrate", "migrate/src/lib.rs"),
    ("migrate-cli", "migrate-cli/src/main.rs"),
    ("migrate-core", "migrate-core/src/lib.rs"),
    ("migrate-lint", "migrate-lint/src/lib.rs"),
    ("migrate-macros", "migrate-macros/src/lib.rs"),
];

#[test]
fn every_import_leads_down() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let document = fs::read_to_string(repository.join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let plans = plan::read(&document);
    let houses = CRATES.map(|(name, root)| (name, House::read(&repository, root)));
    let root_of = |name: &str| plans.iter().find(|floors| floors.place == [name]);
    let mut wrong = Vec::new();
    for (name, house) in &houses {
        let Some(floors) = root_of(name) else {
            wrong.push(format!("ARCHITECTURE.md shows no floors of `{name}`"));
            continue;
        };
        let others =
            houses.iter().filter_map(|(other, house)| Some(Neighbour { floors: root_of(other)?, house }));
        wrong.extend(check::neighbours(house, floors, &others.collect::<Vec<_>>()));
        for floors in plans.iter().filter(|floors| floors.place[0] == *name) {
            wrong.extend(check::against(house, floors));
        }
    }
    assert!(wrong.is_empty(), "{} things are against the floors:\n\n{}\n", wrong.len(), wrong.join("\n\n"));
}

fn floors(block: &str) -> Floors {
    plan::read(&format!("```floors\n{block}\n```")).remove(0)
}

#[test]
fn a_planted_upward_import_is_found_through_a_re_export() {
    let house = House::of(&[
        ("lib.rs", "mod plan; mod ledger; mod version; pub use ledger::Table; pub use version::Version;"),
        ("plan.rs", "use crate::Version;\nuse crate::{Table, Version as V};"),
        ("ledger/mod.rs", "mod table;\npub use table::Table;"),
        ("ledger/table.rs", "use crate::plan::Plan;\nfn f() { super::super::version::g(); }"),
        (
            "version.rs",
            "#[cfg(test)] mod tests { use crate::Table; }\n// crate::Table\nconst A: &str = \"crate::Table\";",
        ),
    ]);
    let wrong = check::against(&house, &floors("a\n  ledger\n  plan\n  version"));
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].starts_with(
        "plan.rs:2: `crate::Table` leads upward in `a`, from `plan` (floor 1) to `ledger` (floor 2)"
    ));
}

#[test]
fn a_planted_circle_is_found() {
    let house = House::of(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "use crate::b::f;"),
        ("b.rs", "fn f() { format!(\"{}\", crate::a::g()) }"),
    ]);
    // Whichever way the two are put on floors.
    for (plan, expected) in [("x\n  a\n  b", 1), ("x\n  b\n  a", 1), ("x\n  a b", 2)] {
        assert_eq!(check::against(&house, &floors(plan)).len(), expected, "{plan}");
    }
}

#[test]
fn a_module_without_a_floor_and_a_floor_without_a_module_are_found() {
    let house = House::of(&[("lib.rs", "mod a; mod b;"), ("a.rs", ""), ("b.rs", "")]);
    let wrong = check::against(&house, &floors("x\n  a c"));
    assert!(wrong[0].starts_with("b.rs: `b` of `x` is on no floor"), "{wrong:?}");
    assert!(wrong[1].starts_with("ARCHITECTURE.md: `x` has no module `c`"), "{wrong:?}");
}

#[test]
fn the_modules_below_a_module_have_floors_too() {
    let house = House::of(&[
        ("lib.rs", "mod cli;"),
        ("cli/mod.rs", "mod verb; mod options; pub use verb::Verb;"),
        ("cli/verb.rs", "use super::options::Options;"),
        ("cli/options.rs", "use super::Verb;"),
    ]);
    let wrong = check::against(&house, &floors("x::cli\n  verb\n  options"));
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].starts_with("cli/options.rs:1: `super::Verb` leads upward in `x::cli`"), "{wrong:?}");
}

#[test]
fn a_crate_knows_others_as_far_up_as_it_may() {
    let core = House::of(&[
        ("lib.rs", "mod ledger; mod source; pub use ledger::Table; pub use source::Source;"),
        ("ledger.rs", ""),
        ("source.rs", ""),
    ]);
    let core_floors = floors("my-core\n  ledger\n  source");
    let house = House::of(&[("lib.rs", "use my_core::Source;\nfn f() { my_core::Table::g() }")]);
    let wrong = |own: &str| {
        check::neighbours(&house, &floors(own), &[Neighbour { floors: &core_floors, house: &core }])
    };
    assert_eq!(wrong("lint (knows my-core)"), [""; 0]);
    assert_eq!(wrong("lint").len(), 2);
    let above = wrong("lint (knows my-core up to source)");
    assert_eq!(above.len(), 1, "{above:?}");
    assert!(
        above[0].starts_with("lib.rs:2: `my_core::Table::g`: it is in `ledger`, above `source`"),
        "{above:?}"
    );
}
