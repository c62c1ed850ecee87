use super::*;

fn line(version: u64, name: &str) -> Line {
    let verdict =
        Verdict { risk: Some(Risk::Safe), hazards: Vec::new(), older_binaries: OlderBinaries::Refuse };
    Line {
        version: Version::new(version).unwrap(),
        name: name.to_owned(),
        up: Checksum::of(name),
        down: None,
        verdict,
        accepts: Vec::new(),
    }
}

fn full(version: u64, name: &str) -> Line {
    let hazard = |hazard, line, risk| LockedHazard { hazard, line, risk };
    let verdict = Verdict {
        risk: Some(Risk::High),
        hazards: vec![
            hazard(Hazard::DropColumn, 3, Risk::High),
            hazard(Hazard::IndexConcurrent, 12, Risk::Controlled),
        ],
        older_binaries: OlderBinaries::Ok,
    };
    let accepts = vec![Checksum::of("a"), Checksum::of("b")];
    Line { down: Some(Checksum::of("down")), verdict, accepts, ..line(version, name) }
}

/// What is wrong with a text, each with the line and column where it stands.
fn wrong(text: &str) -> Vec<(InvalidLine, String)> {
    let locked = parse(text);
    let place = |at| crate::Position::of_byte(text, at).to_string();
    locked.invalid.into_iter().map(|(invalid, at)| (invalid, place(at))).collect()
}

#[test]
fn a_line_reads_as_documented() {
    let file = LockFile { lines: vec![line(1, "a"), full(20, "b")] };
    let [a, b, script, down] = ["a", "b", "b", "down"].map(Checksum::of);
    let first = format!("1_a up={a} down=- risk=safe older-binaries=refuse");
    let second = format!(
        "20_b up={script} down={down} risk=high hazards=drop-column:3:high,index-concurrent:12:controlled \
         older-binaries=ok accepts={a},{b}"
    );
    let chain = Checksum::chain_line(None, &first);
    let next = Checksum::chain_line(Some(chain), &second);
    assert_eq!(file.to_string(), format!("{HEADER}\n{first} chain={chain}\n{second} chain={next}\n"));
}

#[test]
fn reads_what_it_writes() {
    let names = ["a", "b c", "x up=v1:5", "é=,", "down=-"];
    let lines: Vec<Line> = names.iter().zip(1..).map(|(name, version)| full(version, name)).collect();
    for lines in [Vec::new(), lines] {
        let file = LockFile { lines };
        let text = file.to_string();
        let locked = parse(&text);
        assert_eq!((locked.invalid, locked.broken), (Vec::new(), Vec::new()), "{text}");
        assert_eq!(locked.file, file);
    }
}

#[test]
fn a_line_that_does_not_read_says_what_should_stand_where() {
    let whole = LockFile { lines: vec![line(1, "a"), full(2, "b")] }.to_string();
    let label = "`<version>_<name> up=v1:…`";
    let checksum = "a checksum: `v1:` and 64 hexadecimal digits";
    let hazard = "a hazard as `<name>:<line>:<risk>`";
    let cases = [
        // what, with, what stands where it is told, what should stand there
        (" up=v1:", " op=v1:", "1_a op", label),
        ("1_a", "a_1", "a_1", label),
        ("1_a", "1", "1 up", label),
        ("1_a", "9223372036854775808_a", "9223372036854775808", label),
        ("# What", "What", "What", label),
        ("up=v1:", "up=v2:", "v2:", checksum),
        ("down=- ", "", "risk=safe", "`down=` and a checksum or `-`"),
        ("down=-", "down=no", "no risk", checksum),
        ("risk=safe", "risk=none", "none", "`safe`, `controlled`, `high` or `unknown`"),
        (" older", "  older", " older", "`older-binaries=ok` or `older-binaries=refuse`"),
        ("=refuse", "=no", "no chain", "`ok` or `refuse`"),
        (" chain=", " chains=", "chains=", "`chain=` and a checksum"),
        (":3:high", ":0:high", "drop-column:0", hazard),
        ("drop-column:3", "dröp:3", "dröp:3", hazard),
        (":12:controlled", ":12", "index-concurrent:12 ", hazard),
        (" accepts=v1:", " accepts=old,v1:", "old,", checksum),
        (",v1:", ",old,v1:", "old,", checksum),
    ];
    for (what, with, at, expected) in cases {
        let text = whole.replacen(what, with, 1);
        assert_ne!(text, whole, "{what}");
        let [(found, place)] = &parse(&text).invalid[..] else { panic!("{text}") };
        assert_eq!(*found, InvalidLine::Expected(expected), "{what} → {with}");
        assert!(text[*place..].starts_with(at), "{what} → {with}: {}", &text[*place..]);
    }
    let behind = whole.trim_end().to_owned() + " # mine\n";
    assert_eq!(wrong(&behind)[0].0, InvalidLine::Expected("the end of the line"));
    let header = InvalidLine::Expected("a comment that begins with `#` on the first line");
    for text in ["", whole.split_once('\n').unwrap().1] {
        assert_eq!(wrong(text), [(header.clone(), "1:1".to_owned())]);
    }
    assert_eq!(wrong(&(whole + "\n")).len(), 1, "an empty line");
}

#[test]
fn lines_ascend() {
    for versions in [[2, 1], [1, 1]] {
        let text = LockFile { lines: versions.map(|version| line(version, "a")).to_vec() }.to_string();
        let above = Version::new(versions[0]).unwrap();
        assert_eq!(wrong(&text), [(InvalidLine::NotAbove(above), "3:1".to_owned())]);
    }
}

#[test]
fn a_conflict_is_told_as_one() {
    let text = LockFile { lines: vec![line(1, "a"), line(2, "b")] }.to_string();
    let (head, last) = text.trim_end().rsplit_once('\n').unwrap();
    let text = format!("{head}\n<<<<<<< ours\n{last}\n=======\n{last}\n>>>>>>> theirs\n");
    assert_eq!(wrong(&text), [(InvalidLine::ConflictMarker, "3:1".to_owned())]);
}

/// Everything that a line says is covered, and where it stands.
#[test]
fn the_chain_breaks_where_something_was_changed() {
    let lines = || vec![line(1, "a"), full(20, "b"), line(30, "c")];
    let broken = |text: &str| -> Vec<String> {
        let locked = parse(text);
        assert_eq!(locked.invalid, [], "{text}");
        locked.broken.iter().map(Line::label).collect()
    };
    let text = LockFile { lines: lines() }.to_string();
    assert!(broken(&text).is_empty());
    let [a, b] = ["a", "b"].map(|script| Checksum::of(script).to_string());
    let changes = [
        (format!("up={a}"), format!("up={b}"), "1_a"),
        ("down=-".to_owned(), format!("down={a}"), "1_a"),
        ("1_a".to_owned(), "1_b".to_owned(), "1_b"),
        ("risk=high".to_owned(), "risk=safe".to_owned(), "20_b"),
        (":3:high".to_owned(), ":4:high".to_owned(), "20_b"),
        ("older-binaries=ok".to_owned(), "older-binaries=refuse".to_owned(), "20_b"),
        (format!("accepts={a},"), "accepts=".to_owned(), "20_b"),
    ];
    for (what, with, at) in changes {
        let changed = text.replacen(&what, &with, 1);
        assert_ne!(changed, text);
        assert_eq!(broken(&changed), [at], "{what} → {with}");
    }
    // Two branches: what the other added stands between.
    let without = LockFile { lines: vec![line(1, "a"), line(30, "c")] }.to_string();
    let mut merged: Vec<&str> = text.lines().collect();
    merged[3] = without.lines().nth(2).unwrap();
    assert_eq!(broken(&(merged.join("\n") + "\n")), ["30_c"]);
    // A line that is gone.
    merged.remove(2);
    assert!(broken(&(merged.join("\n") + "\n")).is_empty());
    let mut lost: Vec<&str> = text.lines().collect();
    lost.remove(2);
    assert_eq!(broken(&lost.join("\n")), ["30_c"]);
}

proptest::proptest! {
    /// What somebody changes by hand is noticed, or says the same.
    #[test]
    fn no_change_passes_unnoticed(at in 0_usize..1300, with in "[ -~é\n]{0,2}") {
        let file = LockFile { lines: vec![line(1, "a"), full(20, "b"), line(30, "c")] };
        let text = file.to_string();
        let behind_header = text.find('\n').unwrap() + 1;
        let at = behind_header + at % (text.len() - behind_header);
        let changed = format!("{}{with}{}", &text[..at], &text[at + 1..]);
        let locked = parse(&changed);
        proptest::prop_assert!(!locked.invalid.is_empty() || !locked.broken.is_empty() || locked.file == file);
    }

    #[test]
    fn anything_is_read_without_a_panic(text in "([#<=>a-z0-9_ :,é-]|up=|down=|risk=|chain=|v1:|\n){0,60}") {
        let locked = parse(&text);
        proptest::prop_assert!(locked.invalid.iter().all(|(_, at)| text.is_char_boundary(*at)));
    }
}
