use std::collections::BTreeMap;

/// The floors of a crate, or of the modules below one of its modules, as ARCHITECTURE.md shows them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Floors {
    /// The crate, and the module that holds these, if it is not the root: `migrate::cli`.
    pub(crate) place: Vec<String>,
    /// The other crates that it may import.
    pub(crate) knows: Vec<Known>,
    /// Each module and where it stands.
    pub(crate) floors: BTreeMap<String, Floor>,
}

/// Where a module stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Floor {
    /// The ground is 0.
    pub(crate) height: usize,
    /// The modules that are one room: `migrator+run` may import each other.
    pub(crate) room: String,
}

/// Another crate that may be imported, and how high up in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) name: String,
    /// The highest module whose floor may be imported; all of it when there is none.
    pub(crate) up_to: Option<String>,
}

/// Reads the block that begins with the line `` ```floors ``: a line for each crate, and an indented line for each of its
/// floors, the highest first.
pub(crate) fn read(document: &str) -> Vec<Floors> {
    let block = document.lines().skip_while(|line| line.trim() != "```floors").skip(1);
    let mut all: Vec<(Floors, Vec<Vec<String>>)> = Vec::new();
    for line in block.take_while(|line| line.trim() != "```").filter(|line| !line.trim().is_empty()) {
        if line.starts_with(' ') {
            let floor = line.split_whitespace().map(str::to_owned).collect();
            all.last_mut().expect("a crate stands above its floors").1.push(floor);
        } else {
            all.push((heading(line), Vec::new()));
        }
    }
    all.into_iter().map(|(heading, floors)| numbered(heading, floors)).collect()
}

/// `migrate-lint (knows migrate-core up to source)`
fn heading(line: &str) -> Floors {
    let (place, knows) = line.split_once(" (knows ").unwrap_or((line, ""));
    let known = |text: &str| match text.split_once(" up to ") {
        Some((name, module)) => Known { name: name.to_owned(), up_to: Some(module.to_owned()) },
        None => Known { name: text.to_owned(), up_to: None },
    };
    let knows = knows.trim_end_matches(')').split(", ").filter(|name| !name.is_empty()).map(known);
    Floors {
        place: place.trim().split("::").map(str::to_owned).collect(),
        knows: knows.collect(),
        floors: BTreeMap::new(),
    }
}

fn numbered(mut floors: Floors, lines: Vec<Vec<String>>) -> Floors {
    for (height, modules) in lines.into_iter().rev().enumerate() {
        for room in modules {
            for module in room.split('+') {
                let floor = Floor { height, room: room.clone() };
                assert!(
                    floors.floors.insert(module.to_owned(), floor).is_none(),
                    "`{module}` is on two floors"
                );
            }
        }
    }
    floors
}

#[test]
fn a_block_is_read() {
    let text = "x\n```floors\na-b (knows c, d up to e)\n  f g+j\n  h\n\na-b::f\n  i\n```\n  z\n";
    let read = read(text);
    assert_eq!(read[0].place, ["a-b"]);
    let known =
        |name: &str, up_to: Option<&str>| Known { name: name.to_owned(), up_to: up_to.map(str::to_owned) };
    assert_eq!(read[0].knows, [known("c", None), known("d", Some("e"))]);
    let floors =
        read[0].floors.iter().map(|(name, floor)| (name.as_str(), floor.height, floor.room.as_str()));
    assert!(floors.eq([("f", 1, "f"), ("g", 1, "g+j"), ("h", 0, "h"), ("j", 1, "g+j")]));
    assert_eq!(read[1].place, ["a-b", "f"]);
    assert_eq!(read.len(), 2);
}
