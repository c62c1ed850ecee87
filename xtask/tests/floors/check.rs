use crate::house::House;
use crate::plan::{Floors, Known};

/// What a crate, or a part of it, does against its floors.
pub(crate) fn against(house: &House, floors: &Floors) -> Vec<String> {
    let mut wrong = Vec::new();
    let place = &floors.place[1..];
    let modules = house.children(place);
    let name = floors.place.join("::");
    for module in modules.iter().filter(|module| !floors.floors.contains_key(*module)) {
        let inside: Vec<String> = place.iter().cloned().chain([module.clone()]).collect();
        wrong.push(format!(
            "{}: `{module}` of `{name}` is on no floor\n  help: put it into the floors of ARCHITECTURE.md, above all that \
             it imports",
            house.file(&inside)
        ));
    }
    for module in floors.floors.keys().filter(|module| !modules.contains(*module)) {
        wrong.push(format!(
            "ARCHITECTURE.md: `{name}` has no module `{module}`\n  help: take it out of the floors"
        ));
    }
    for import in house.imports() {
        let room = |path: &[String]| path.strip_prefix(place).and_then(|below| below.first()).cloned();
        let (Some(from), Some(to)) = (room(&import.from), room(&import.to)) else { continue };
        let Some((high, low)) = floors.floors.get(&from).zip(floors.floors.get(&to)) else { continue };
        if from == to || high.room == low.room || high.height > low.height {
            continue;
        }
        let (high, low) = (high.height, low.height);
        let way = if high == low { "sideways" } else { "upward" };
        wrong.push(format!(
            "{}:{}: `{}` leads {way} in `{name}`, from `{from}` (floor {high}) to `{to}` (floor {low})\n  help: move \
             what is imported to a floor below `{from}`, or what imports it above `{to}`; or change the floors in \
             ARCHITECTURE.md, if they are wrong",
            import.file, import.line, import.written
        ));
    }
    wrong
}

/// Another crate of the product, with the floors of its root.
pub(crate) struct Neighbour<'a> {
    pub(crate) floors: &'a Floors,
    pub(crate) house: &'a House,
}

/// Which imports of other crates of the product the floors do not allow.
pub(crate) fn neighbours(house: &House, floors: &Floors, others: &[Neighbour<'_>]) -> Vec<String> {
    let mut wrong = Vec::new();
    for other in others.iter().filter(|other| other.floors.place != floors.place) {
        let name = &other.floors.place[0];
        let known = floors.knows.iter().find(|known| known.name == *name);
        for import in house.foreign(&[name.replace('-', "_")]) {
            let said = match known {
                None => Some(format!("`{}` knows nothing of `{name}`", floors.place[0])),
                Some(known) => too_high(other, known, &import.words[1..]),
            };
            let Some(said) = said else { continue };
            wrong.push(format!(
                "{}:{}: `{}`: {said}\n  help: move what is imported down, or pass it in as an argument; or change what the \
                 crate knows in ARCHITECTURE.md, if that is wrong",
                import.file,
                import.line,
                import.words.join("::")
            ));
        }
    }
    wrong
}

fn too_high(other: &Neighbour<'_>, known: &Known, words: &[String]) -> Option<String> {
    let limit = known.up_to.as_ref()?;
    let height = |module: &String| other.floors.floors.get(module).map(|floor| floor.height);
    let module = other.house.defining(words)?.first().cloned()?;
    let is_too_high = height(&module) > height(limit);
    is_too_high
        .then(|| format!("it is in `{module}`, above `{limit}`, up to which `{}` may be known", known.name))
}
