use super::*;
use crate::source::{Overrides, Source, SourceFile};
use crate::{AppliedState, Begun, Direction, Migration, RecordedDown};

const REFUSE: Policy = Policy { out_of_order: OutOfOrder::Refuse, transactions: Transactions::Each };
const APPLY: Policy = Policy { out_of_order: OutOfOrder::Apply, transactions: Transactions::Each };

fn version(number: i64) -> Version {
    Version::from_i64(number).unwrap()
}

const REFUSES: &str = "-- migrate: older-binaries refuse\n";

/// A set with these versions, none of which older binaries may run on; 13 is irreversible.
fn set(versions: &[i64]) -> MigrationSet {
    let mut source = Source::default();
    for n in versions {
        let file =
            |end: &str, sql: String| SourceFile { path: format!("{n}_m.{end}.sql"), bytes: sql.into() };
        if *n == 13 {
            source
                .files
                .push(file("up", format!("{REFUSES}-- migrate: irreversible \"bad luck\"\nSELECT 13")));
        } else {
            source
                .files
                .extend([file("up", format!("{REFUSES}SELECT {n}")), file("down", format!("SELECT -{n}"))]);
        }
    }
    source.into_set(&Overrides::default()).unwrap()
}

/// A history in which these are applied as the set of the same versions holds them.
fn history(versions: &[i64]) -> Vec<AppliedMigration> {
    if versions.is_empty() {
        return Vec::new();
    }
    let mut chain = None;
    let row = |migration: &Migration| {
        let checksum = migration.up().checksum();
        let value = Checksum::chain(chain, migration.version(), checksum);
        chain = Some(value);
        AppliedMigration {
            version: migration.version(),
            name: "m".into(),
            checksum,
            chain: value,
            state: AppliedState::Applied,
            statements_done: 0,
            statements_checksum: None,
            begun: None,
            down: migration
                .down()
                .script()
                .map(|down| RecordedDown { sql: down.sql().into(), transaction: true }),
            older_binaries: migration.older_binaries(),
            started_at: "2026-01-01T00:00:00.000Z".into(),
            elapsed: None,
            applied_by: None,
        }
    };
    set(versions).migrations().iter().map(row).collect()
}

fn edited(
    mut rows: Vec<AppliedMigration>,
    which: i64,
    edit: impl Fn(&mut AppliedMigration),
) -> Vec<AppliedMigration> {
    rows.iter_mut().filter(|row| row.version == version(which)).for_each(edit);
    rows
}

/// The steps as numbers, a rollback as a negative one; or the refusals.
fn steps(
    known: &[i64],
    rows: &[AppliedMigration],
    target: Target,
    policy: Policy,
) -> Result<Vec<i64>, Vec<Refusal>> {
    let sign = |step: &Step| if step.action == Action::Apply { 1 } else { -1 };
    plan(&set(known), Engine::Postgres, rows, target, policy)
        .map(|plan| plan.steps.iter().map(|step| sign(step) * step.version.as_i64()).collect())
        .map_err(|refused| refused.0)
}

fn case(known: &[i64], applied: &[i64], target: Target, want: Result<&[i64], Vec<Refusal>>) {
    let found = steps(known, &history(applied), target, REFUSE);
    assert_eq!(found, want.map(<[i64]>::to_vec), "known {known:?}, applied {applied:?}, {target:?}");
}

#[test]
#[rustfmt::skip] // a table
fn which_migrations_next() {
    use Target::{Down, DownTo, Latest, UpTo};
    let out_of_order = |n| {
        vec![Refusal::OutOfOrder { version: version(n), path: format!("{n}_m.up.sql"), newest: version(3) }]
    };
    let unknown = |n| Refusal::Unknown { version: version(n), name: "m".into() };
    let irreversible = |why: Option<&str>| {
        vec![Refusal::Irreversible { version: version(13), name: "m".into(), why: why.map(str::to_owned) }]
    };
    //   known        applied       target             want
    case(&[1, 2, 3], &[],          Latest,            Ok(&[1, 2, 3]));
    case(&[1, 2, 3], &[1],         Latest,            Ok(&[2, 3]));
    case(&[1, 2, 3], &[1, 2, 3],   Latest,            Ok(&[]));
    case(&[1, 2, 3], &[1, 3],      Latest,            Err(out_of_order(2))); // 2 arrived late
    case(&[1, 2],    &[1, 2, 9],   Latest,            Err(vec![unknown(9)])); // the database is ahead of us
    case(&[2, 3],    &[1, 2],      Latest,            Err(vec![unknown(1)])); // a file was removed
    case(&[1, 2, 3], &[1],         UpTo(version(2)),  Ok(&[2]));
    case(&[1, 2, 3], &[1, 2, 3],   UpTo(version(2)),  Ok(&[])); // never rolls back
    case(&[1, 2, 3], &[1, 3],      UpTo(version(1)),  Ok(&[])); // 2 is not asked for
    case(&[1, 2, 3], &[1],         UpTo(version(7)),  Err(vec![Refusal::UnknownTarget { version: version(7) }]));
    case(&[1, 2, 3], &[1, 2, 3],   Down(1),           Ok(&[-3]));
    case(&[1, 2, 3], &[1, 2, 3],   Down(2),           Ok(&[-3, -2]));
    case(&[1, 2, 3], &[1, 2],      Down(9),           Ok(&[-2, -1])); // all there are
    case(&[1, 2, 3], &[1, 2],      Down(0),           Ok(&[]));
    case(&[1, 2, 3], &[],          Down(1),           Ok(&[]));
    case(&[1, 2, 3], &[1, 2, 3],   DownTo(version(1)), Ok(&[-3, -2]));
    case(&[1, 2, 3], &[1, 2, 3],   DownTo(version(3)), Ok(&[]));
    case(&[1, 2, 3], &[1],         DownTo(version(2)), Err(vec![Refusal::TargetNotApplied { version: version(2) }]));
    case(&[1],       &[1, 2],      Down(2),           Ok(&[-2, -1])); // by the recorded script
    case(&[13],      &[13],        Down(1),           Err(irreversible(Some("bad luck"))));
    case(&[1],       &[13],        Down(1),           Err(irreversible(None)));
    case(&[1, 13],   &[1, 13],     Down(2),           Err(irreversible(Some("bad luck")))); // 1 is not touched either
}

#[test]
fn a_late_migration_is_applied_where_that_is_allowed() {
    let rows = history(&[1, 3, 4]);
    assert_eq!(steps(&[1, 2, 3, 4], &rows, Target::Latest, APPLY), Ok(vec![2]));
    let plan = plan(&set(&[1, 2, 3, 4]), Engine::Postgres, &rows, Target::Latest, APPLY).unwrap();
    // The rows behind it then read as if it had come in time.
    let want: Vec<Head> = history(&[1, 2, 3, 4])[2..]
        .iter()
        .map(|row| Head { version: row.version, chain: row.chain })
        .collect();
    assert_eq!(plan.steps[0].rechain, want);
}

#[test]
fn all_refusals_come_together() {
    let rows = edited(history(&[1, 3, 9]), 1, |row| row.checksum = Checksum::of("other"));
    let rows = edited(rows, 9, |row| row.state = AppliedState::Interrupted(Direction::Rollback));
    let refusals = steps(&[1, 2, 3], &rows, Target::Latest, REFUSE).unwrap_err();
    assert!(
        matches!(
            refusals[..],
            [
                Refusal::Interrupted { .. },
                Refusal::Changed { .. },
                Refusal::Unknown { .. },
                Refusal::OutOfOrder { .. }
            ]
        ),
        "{refusals:?}"
    );
}

#[test]
fn an_older_binary_runs_where_every_row_that_it_does_not_know_allows_it() {
    let compatible = edited(history(&[1, 2, 3]), 3, |row| row.older_binaries = OlderBinaries::Ok);
    let plan = plan(&set(&[1, 2]), Engine::Postgres, &compatible, Target::Latest, REFUSE).unwrap();
    assert_eq!((plan.ahead, plan.steps), (vec![version(3)], vec![]));
    assert!(steps(&[1], &compatible, Target::Latest, REFUSE).is_err());
}

#[test]
fn a_script_without_transaction_goes_on_where_it_stopped() {
    let file = |path: &str, sql: &str| SourceFile { path: path.to_owned(), bytes: sql.into() };
    let set = |up: &str| {
        let up = format!("-- migrate: no-transaction\n{up}");
        let files = vec![file("1_m.up.sql", &up), file("1_m.down.sql", "SELECT 1; SELECT 2")];
        Source { files, ..Source::default() }.into_set(&Overrides::default()).unwrap()
    };
    let before = set("VACUUM a; VACUUM b; VACUUM c");
    let mut row = history(&[1]).remove(0);
    row.state = AppliedState::Interrupted(Direction::Apply);
    row.statements_done = 1;
    row.statements_checksum = Some(before.migrations()[0].up().checksum_of_first(1));
    let rows = [row];
    let planned = |set: &MigrationSet, target| {
        let plan = plan(set, Engine::Postgres, &rows, target, REFUSE).map_err(|refused| refused.0)?;
        Ok(plan.steps.iter().map(|step| (step.done, step.resumes)).collect::<Vec<_>>())
    };
    assert_eq!(planned(&before, Target::Latest), Ok(vec![(1, true)]));
    // What is not done yet may be corrected, and comments may be changed anywhere.
    assert_eq!(planned(&set("-- first\nVACUUM a; VACUUM b2"), Target::Latest), Ok(vec![(1, true)]));
    let (version, path) = (version(1), "1_m.up.sql".to_owned());
    let edited = Refusal::DonePartChanged { version, path, statements_done: 1 };
    assert_eq!(planned(&set("VACUUM a2; VACUUM b"), Target::Latest), Err(vec![edited]));
    let name = "m".to_owned();
    let interrupted = Refusal::Interrupted { version, name, direction: Direction::Apply, statements_done: 1 };
    assert!(planned(&before, Target::Down(1)).unwrap_err().contains(&interrupted));
}

#[test]
fn a_statement_that_was_cut_off_is_known_to_its_kind_or_to_a_person() {
    let file = |path: &str, sql: &str| SourceFile { path: path.to_owned(), bytes: sql.into() };
    let set = |second: &str| {
        let up = format!("-- migrate: no-transaction\nSELECT 1; {second}");
        let files = vec![file("1_m.up.sql", &up), file("1_m.down.sql", "SELECT 1")];
        Source { files, ..Source::default() }.into_set(&Overrides::default()).unwrap()
    };
    let rows = |set: &MigrationSet| {
        let up = set.migrations()[0].up();
        edited(history(&[1]), 1, |row| {
            row.state = AppliedState::Interrupted(Direction::Apply);
            row.statements_done = 1;
            row.statements_checksum = Some(up.checksum_of_first(1));
            row.begun = Some(Begun { checksum: up.checksum_of_first(2), by: None });
        })
    };
    let planned = |set: &MigrationSet, rows: &[AppliedMigration], target| {
        let plan = plan(set, Engine::Postgres, rows, target, REFUSE).map_err(|refused| refused.0)?;
        let shown = |step: &Step| (step.action, step.done, step.has_begun());
        Ok(plan.steps.iter().map(shown).collect::<Vec<_>>())
    };
    let (known, unknown) = (set("DROP INDEX CONCURRENTLY i"), set("CALL fill()"));
    assert_eq!(planned(&known, &rows(&known), Target::Latest), Ok(vec![(Action::Apply, 1, true)]));
    let cut_off = |text: Option<&str>| {
        let (version, path, text) = (version(1), "1_m.up.sql".to_owned(), text.map(str::to_owned));
        Err(vec![Refusal::CutOff { version, path, statement: 2, text }])
    };
    assert_eq!(planned(&unknown, &rows(&unknown), Target::Latest), cut_off(Some("CALL fill()")));
    // Its kind would ask about other words than those that ran.
    assert_eq!(planned(&known, &rows(&unknown), Target::Latest), cut_off(None));
    assert_eq!(planned(&set(""), &rows(&unknown), Target::Latest), cut_off(None));
    for (target, action) in [
        (Target::StatementDone(version(1)), Action::StatementDone),
        (Target::StatementUndone(version(1)), Action::StatementUndone),
    ] {
        assert_eq!(planned(&unknown, &rows(&unknown), target), Ok(vec![(action, 1, false)]));
        assert_eq!(planned(&unknown, &history(&[1]), target), Ok(vec![]));
        let mistyped = Err(vec![Refusal::TargetNotApplied { version: version(1) }]);
        assert_eq!(planned(&unknown, &history(&[]), target), mistyped);
    }
}

#[test]
fn a_rollback_uses_the_script_of_what_was_applied() {
    // Edited since: the recorded script fits what was applied, the file's may not.
    let rows = edited(history(&[1]), 1, |row| {
        row.checksum = Checksum::of("as it was");
        row.down = Some(RecordedDown { sql: "SELECT 'recorded'".into(), transaction: false });
    });
    let plan = plan(&set(&[1]), Engine::Postgres, &rows, Target::Down(1), REFUSE).unwrap();
    assert_eq!(plan.steps[0].work.script().unwrap().sql(), "SELECT 'recorded'");
    assert!(!plan.steps[0].work.execution().transaction);
    let baseline = edited(history(&[1]), 1, |row| row.state = AppliedState::Baseline);
    let refused = steps(&[1], &baseline, Target::Down(1), REFUSE);
    assert_eq!(refused, Err(vec![Refusal::Baseline { version: version(1), name: "m".into() }]));
}

#[test]
fn steps_chain_to_the_value_of_the_set() {
    let whole = set(&[1, 2, 3]);
    let plan = plan(&whole, Engine::Postgres, &history(&[1]), Target::Latest, REFUSE).unwrap();
    assert_eq!(plan.steps[0].before.map(|head| head.chain), set(&[1]).chain());
    assert_eq!(plan.steps[1].before.map(|head| head.chain), Some(plan.steps[0].chain));
    assert_eq!(Some(plan.steps[1].chain), whole.chain());
    assert!(plan.steps.iter().all(|step| step.rechain.is_empty()));
}

#[test]
fn a_plan_shows_a_line_for_each_step_and_the_sql_on_request() {
    let mut plan = plan(&set(&[1, 2]), Engine::Postgres, &[], Target::Latest, REFUSE).unwrap();
    let hazard = FoundHazard {
        hazard: crate::Hazard::DropColumn,
        risk: Risk::High,
        line: 3,
        allowed: Some("unused".into()),
    };
    (plan.steps[0].risk, plan.steps[1].risk) = (None, Some(Risk::High));
    plan.steps[1].hazards = vec![hazard].into();
    let want = "apply    1_m  1 statement, in a transaction\n\
                apply    2_m  1 statement, in a transaction, risk high\n         \
                line 3: drop-column, risk high, allowed: unused";
    assert_eq!(plan.to_string(), want);
    assert!(format!("{plan:#}").contains("refuse\n    SELECT 1\napply    2_m"));
    assert_eq!(Plan::default().to_string(), "nothing to do");
}

#[test]
fn verbs_that_write_the_history_alone() {
    use Target::{Baseline, Redo, Repair, ResolveApplied, ResolveRolledBack};
    let all = set(&[1, 2, 3]);
    let planned = |rows: &[AppliedMigration], target| {
        let plan = plan(&all, Engine::Postgres, rows, target, REFUSE).map_err(|refused| refused.0)?;
        Ok(plan
            .steps
            .iter()
            .map(|step| format!("{} {}", step.action.as_str(), step.version))
            .collect::<Vec<_>>())
    };
    let words = |words: &[&str]| Ok(words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
    assert_eq!(planned(&[], Baseline(version(2))), words(&["baseline 1", "baseline 2"]));
    let baseline = edited(history(&[1]), 1, |row| row.state = AppliedState::Baseline);
    assert_eq!(planned(&baseline, Baseline(version(2))), words(&["baseline 2"]));
    let applied = Refusal::AlreadyApplied { version: version(1), name: "m".into() };
    assert_eq!(planned(&history(&[1]), Baseline(version(2))), Err(vec![applied]));
    assert_eq!(planned(&[], Baseline(version(9))), Err(vec![Refusal::UnknownTarget { version: version(9) }]));

    assert_eq!(planned(&history(&[1, 2]), Redo), words(&["rollback 2", "apply 2"]));
    assert_eq!(planned(&[], Redo), words(&[]));

    let interrupted =
        edited(history(&[1, 2]), 2, |row| row.state = AppliedState::Interrupted(Direction::Apply));
    assert_eq!(planned(&interrupted, ResolveApplied(version(2))), words(&["resolve-applied 2"]));
    assert_eq!(planned(&interrupted, ResolveRolledBack(version(2))), words(&["resolve-rolled-back 2"]));
    assert_eq!(planned(&history(&[1]), ResolveApplied(version(2))), words(&["resolve-applied 2"]));
    assert_eq!(planned(&history(&[1]), ResolveApplied(version(1))), words(&[]));
    let missing = Refusal::TargetNotApplied { version: version(3) };
    assert_eq!(planned(&history(&[1]), ResolveRolledBack(version(3))), Err(vec![missing]));

    let changed = edited(history(&[1, 2, 3]), 2, |row| row.checksum = Checksum::of("other"));
    assert_eq!(planned(&changed, Repair), words(&["repair 2"]));
    assert_eq!(planned(&history(&[1, 2]), Repair), words(&[]));
}

#[test]
fn the_chain_holds_after_a_repair_and_a_removal() {
    let whole = set(&[1, 2, 3]);
    let rows = edited(history(&[1, 2, 3]), 2, |row| row.checksum = Checksum::of("other"));
    let repaired = plan(&whole, Engine::Postgres, &rows, Target::Repair, REFUSE).unwrap();
    assert_eq!(repaired.steps[0].rechain.last().map(|head| head.chain), whole.chain());
    let target = Target::ResolveRolledBack(version(2));
    let removed = plan(&whole, Engine::Postgres, &history(&[1, 2, 3]), target, REFUSE).unwrap();
    assert_eq!(removed.steps[0].rechain.last().map(|head| head.chain), set(&[1, 3]).chain());
}

#[test]
fn a_script_without_transaction_is_refused_where_the_run_is_one() {
    let file = |path: &str, sql: &str| SourceFile { path: path.to_owned(), bytes: sql.into() };
    let files = vec![
        file("1_m.up.sql", "-- migrate: no-transaction\nVACUUM"),
        file("1_m.down.sql", "SELECT 1"),
        file("2_m.up.sql", "SELECT 2"),
        file("2_m.down.sql", "SELECT 2"),
    ];
    let set = Source { files, ..Source::default() }.into_set(&Overrides::default()).unwrap();
    let single = Policy { transactions: Transactions::Single, ..Policy::default() };
    let refused = plan(&set, Engine::Postgres, &[], Target::Latest, single).unwrap_err();
    let want = Refusal::WithoutTransaction { version: version(1), path: "1_m.up.sql".into() };
    assert_eq!(refused, Refused(vec![want]));
}
