use migrate::Migrator;
use migrate::schema::Fingerprint;
use migrate_tests::{Folder, Sandbox};

/// One change, and what is seen of it.
pub(crate) struct Case {
    setup: &'static str,
    change: &'static str,
    expected: &'static str,
    is_one_way: bool,
}

/// A change that can be taken back.
pub(crate) const fn case(setup: &'static str, change: &'static str, expected: &'static str) -> Case {
    Case { setup, change, expected, is_one_way: false }
}

/// A change that comes with no SQL that takes it back.
pub(crate) const fn one_way(setup: &'static str, change: &'static str, expected: &'static str) -> Case {
    Case { setup, change, expected, is_one_way: true }
}

async fn read<S: Sandbox>(db: &mut S) -> Fingerprint {
    let set = Folder::new(S::DIALECT).table(1, "unused").set();
    db.fingerprint(&Migrator::new(&set)).await.unwrap()
}

/// Each change is seen, and nothing else is; and what is said to take it back does.
pub(crate) async fn assert_all<S: Sandbox>(first: &str, cases: &[Case]) {
    let mut failed = Vec::new();
    for case in cases {
        let mut db = S::create("fingerprint").await;
        db.execute(first).await;
        if let Err(problem) = holds(&mut db, case).await {
            failed.push(format!("{}\n{}\n{problem}\n", case.setup, case.change));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

async fn holds<S: Sandbox>(db: &mut S, case: &Case) -> Result<(), String> {
    db.execute(case.setup).await;
    let before = read(db).await;
    if before != read(db).await {
        return Err("it reads otherwise each time".to_owned());
    }
    db.execute(case.change).await;
    let after = read(db).await;
    let difference = before.diff(&after);
    if difference.to_string() != case.expected {
        return Err(format!("expected:\n{}\nfound:\n{difference}", case.expected));
    }
    let is_same = difference.is_empty() || difference.is_column_order_only();
    if (before.digest() == after.digest()) != is_same
        || after.diff(&before).is_empty() != difference.is_empty()
    {
        return Err("the digest, or the difference the other way, is not of one mind with it".to_owned());
    }
    let undos: Option<Vec<_>> = difference.changes.iter().rev().map(|change| change.undo.as_ref()).collect();
    let Some(undos) = undos.filter(|_| !case.is_one_way) else {
        let has_none = difference.changes.iter().any(|change| change.undo.is_none());
        return if has_none && case.is_one_way {
            Ok(())
        } else {
            Err(format!("undone by {:?}", difference.changes))
        };
    };
    for undo in &undos {
        db.execute(&undo.sql).await;
    }
    match before.diff(&read(db).await) {
        left if left.is_empty() => Ok(()),
        left => Err(format!("{undos:?} leaves\n{left}")),
    }
}
