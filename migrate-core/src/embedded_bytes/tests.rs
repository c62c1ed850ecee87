use std::time::Duration;

use super::*;
use crate::source::{Source, SourceFile};
use crate::{
    Checksum, Down, FoundHazard, Hazard, MigrationSet, OlderBinaries, Overrides, Risk, Span, Version, Work,
};

fn set(files: &[(&str, &str)]) -> MigrationSet {
    let file = |(path, text): &(&str, &str)| SourceFile {
        path: (*path).to_owned(),
        bytes: text.as_bytes().to_vec(),
    };
    let source = Source { files: files.iter().map(file).collect(), ..Source::default() };
    source.into_set(&Overrides::default()).unwrap_or_else(|found| panic!("{found}"))
}

fn unpacked(migrations: &[Migration]) -> Vec<Migration> {
    let (texts, numbers) = pack(migrations);
    EmbeddedBytes::new(migrations.len(), texts.leak(), numbers.leak()).migrations().to_vec()
}

#[test]
fn every_field_comes_back() {
    let set = set(&[
        ("1_plain.down.sql", "DROP TABLE é;"),
        ("1_plain.up.sql", "CREATE TABLE é (id int);\nCREATE INDEX ON é (id);\n"),
        (
            "2_settings.down.sql",
            "-- migrate: no-transaction\n-- migrate: statement-timeout 2h\nDROP INDEX CONCURRENTLY i;",
        ),
        (
            "2_settings.up.sql",
            "-- migrate: lock-timeout 3s\n-- migrate: older-binaries ok\n-- migrate: risk high\nSET ROLE x; SELECT 1;",
        ),
        ("2_settings.verify.sql", "-- migrate: lock-timeout 1ms\nSELECT true;"),
        ("3_irreversible.up.sql", "-- migrate: irreversible \"the rows are gone\"\nTRUNCATE t;"),
    ]);
    let mut migrations = set.migrations().to_vec();
    let hazard = |hazard, risk, line, allowed: Option<&'static str>| FoundHazard {
        hazard,
        risk,
        line,
        allowed: allowed.map(Into::into),
    };
    migrations[0].hazards = vec![
        hazard(Hazard::AttachScan, Risk::Safe, 1, None),
        hazard(Hazard::VolatileDefault, Risk::High, u32::MAX, Some("")),
        hazard(Hazard::Truncate, Risk::Controlled, 7, Some("it is empty")),
    ]
    .into();
    migrations[1].accepts = vec![Checksum::of("a"), Checksum::of("b")].into();
    let Work::Sql(up) = &mut migrations[1].up;
    up.execution.foreign_keys_off = true;
    up.execution.statement_timeout = Some(Duration::ZERO); // no limit, and not the default
    migrations[2].down = Down::Irreversible(None);
    migrations[2].version = Version::new(i64::MAX as u64).unwrap();
    assert_eq!(migrations[1].older_binaries, OlderBinaries::Ok);

    assert_eq!(unpacked(&migrations), migrations);
    assert_eq!(unpacked(set.migrations()), set.migrations());
    assert_eq!(unpacked(&[]), []);
}

#[test]
fn every_hazard_and_every_risk_comes_back() {
    let mut migrations =
        set(&[("1_a.down.sql", "SELECT 2"), ("1_a.up.sql", "SELECT 1")]).migrations().to_vec();
    for hazard in Hazard::ALL {
        for risk in Risk::ALL {
            migrations[0].risk = Some(risk);
            migrations[0].hazards =
                vec![FoundHazard { hazard: *hazard, risk, line: 1, allowed: None }].into();
            assert_eq!(unpacked(&migrations), migrations);
        }
    }
}

#[test]
fn texts_stay_where_they_are() {
    let migrations = set(&[("1_a.down.sql", "SELECT 2"), ("1_a.up.sql", "SELECT 1")]);
    let (texts, numbers) = pack(migrations.migrations());
    let texts: &'static str = texts.leak();
    let packed = EmbeddedBytes::new(1, texts, numbers.leak());
    let unpacked = packed.migrations();
    let up: *const u8 = unpacked[0].up.script().unwrap().sql().as_ptr();
    assert!(texts.as_bytes().as_ptr_range().contains(&up));
    assert_eq!(unpacked[0].up.script().unwrap().spans(), [Span::new(0, 8)]);
    assert!(std::ptr::eq(packed.migrations(), unpacked), "they are unpacked once");
}
