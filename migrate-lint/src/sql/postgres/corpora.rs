//! Scripts of other projects, to test the parser on text that was not written for it. They are next to the project and
//! not in it, so a checkout without them reports that they were left out.

use std::fs;
use std::path::{Path, PathBuf};

use squawk_parser::{EntryPoint, SyntaxKind};

use migrate_core::statement::scan;
use migrate_core::token::{TokenKind, tokens};
use migrate_core::{Engine, Position, Span};

use super::parse;
use super::tree::{Node, Tree};
use crate::sql::Kind;

/// The scripts of a corpus with their paths, sorted. Empty if the corpus is not there.
fn corpus(name: &str) -> Vec<(String, String)> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora").join(name).join("migrations");
    if !folder.is_dir() {
        println!("LEFT OUT: the corpus {name} does not lie beside this checkout");
        return Vec::new();
    }
    let mut scripts: Vec<(String, String)> = files(&folder)
        .into_iter()
        .map(|path| {
            let relative = path.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned();
            (relative, fs::read_to_string(path).unwrap())
        })
        .collect();
    scripts.sort();
    scripts
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_script = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "sql");
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).filter(is_script).collect()
}

/// The scripts of both corpora that are not empty.
fn both() -> Vec<(String, String)> {
    let scripts = ["crates-io", "zksync"].into_iter().flat_map(corpus);
    scripts.filter(|(_, sql)| !sql.is_empty()).collect()
}

fn is_broken(script: &str) -> bool {
    !parse(script).errors.is_empty()
}

/// Asserts the syntax errors in a corpus. The server reports the same ones: no one had run these rollbacks.
#[track_caller]
fn broken(name: &str, want: &[&str]) {
    let scripts = corpus(name);
    let found: Vec<String> = (scripts.iter())
        .flat_map(|(path, sql)| {
            let line = |at: usize| Position::of_byte(sql, at).line;
            let tell = move |error: migrate_core::SyntaxError| {
                let hint = error.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
                format!("{path}:{}: {}{hint}", line(error.span.start()), error.message)
            };
            parse(sql).errors.into_iter().map(tell)
        })
        .collect();
    assert!(scripts.is_empty() || found == want, "{name}: {found:#?}");
}

#[test]
fn crates_io_has_one_broken_rollback() {
    broken(
        "crates-io",
        &["20170318181441_downloads_need_no_id/down.sql:2: syntax error near `ALTER`; \
           is a `;` missing before `ALTER`?"],
    );
}

#[test]
fn zksync_has_twelve_broken_rollbacks() {
    const DELETE: &str = "syntax error near `DELETE`; did you mean `DROP` instead of `DELETE`?";
    const BYTEA: &str = "syntax error near `BYTEA`; remove `BYTEA`";
    const EXIST: &str = "syntax error near `EXIST`; did you mean `EXISTS` instead of `EXIST`?";
    let format_change = "20240112194527_snapshots_applier_processed_chunks_format_change.down.sql";
    let finalization = "20250822160137_indexes-for-finalization.down.sql";
    broken(
        "zksync",
        &[
            &format!("20220204223302_transactions_new_mempool.down.sql:1: {DELETE}"),
            "20220815130828_support_eip1559.down.sql:5: syntax error near `NUMERIC`; remove `NUMERIC(80)`",
            &format!("20220930085018_add_proof_aggregations.down.sql:3: {DELETE}"),
            &format!("20221001090302_add_proof_result.down.sql:1: {DELETE}"),
            &format!("20221002190817_add_circuit_id_to_proofs.down.sql:1: {DELETE}"),
            &format!("20221202102801_events-tx-initiator-address.down.sql:2: {BYTEA}"),
            &format!("{format_change}:1: syntax error near `NOT`; which type has `last_finished_chunk_id`?"),
            &format!("{format_change}:2: syntax error near `NOT`; which type has `total_chunk_count`?"),
            "20240205123456_add_genesis_to_consensus_replica_state.down.sql:1: \
             syntax error near `JSONB`; remove `JSONB`",
            &format!("20240925103531_gateway_upgrade.down.sql:1: {BYTEA}"),
            &format!("20241011081834_batch_chain_merkle_path.down.sql:2: {BYTEA}"),
            "20250402131932_add_dispatch_request_id.down.sql:2: syntax error near `DEFAULT`",
            &format!("{finalization}:1: {EXIST}"),
            &format!("{finalization}:2: {EXIST}"),
            &format!("{finalization}:3: {EXIST}"),
            &format!("{finalization}:4: {EXIST}"),
            &format!("{finalization}:5: {EXIST}"),
        ],
    );
}

/// The place of a statement, without the semicolon that the tree counts as part of it.
fn words(statement: Node<'_>) -> Span {
    let end =
        statement.children().filter(|part| part.kind() != SyntaxKind::SEMICOLON).last().unwrap().span().end();
    Span::new(narrow(statement.span().start()), narrow(end))
}

fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap()
}

#[test]
fn statements_stand_where_the_scanner_finds_them() {
    for (path, sql) in both().iter().filter(|(_, sql)| !is_broken(sql)) {
        let scanned: Vec<_> = scan(sql, Engine::Postgres).statements.iter().map(|found| found.span).collect();
        let tree = Tree::parse(sql, 0, EntryPoint::SourceFile);
        let statements = tree.root().nodes().filter(|node| node.kind() != SyntaxKind::EMPTY_STMT);
        let whole: Vec<_> = statements.map(words).collect();
        assert_eq!(whole, scanned, "{path}");
        let parsed: Vec<_> = parse(sql).statements.iter().map(|statement| statement.span).collect();
        assert_eq!(parsed, scanned, "{path}");
    }
}

#[test]
fn every_statement_is_of_a_known_kind() {
    for (path, sql) in both().iter().filter(|(_, sql)| !is_broken(sql)) {
        for statement in parse(sql).statements {
            assert!(!matches!(statement.kind, Kind::Unknown(_)), "{path}: {:?}", statement.kind);
        }
    }
}

/// A generator of numbers that gives the same ones in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

#[test]
fn no_text_makes_the_parser_panic() {
    let scripts = both();
    let mut numbers = Numbers(1);
    for _ in 0..if scripts.is_empty() { 0 } else { 1_000 } {
        let mut characters: Vec<char> = scripts[numbers.below(scripts.len())].1.chars().take(2_000).collect();
        for _ in 0..=numbers.below(4) {
            let at = numbers.below(characters.len());
            match numbers.below(4) {
                0 => drop(characters.remove(at)),
                1 => characters.truncate(at + 1),
                2 => characters
                    .insert(at, ['\'', '"', '$', '(', ')', ';', '\\', 'é', '0', '.'][numbers.below(10)]),
                _ => characters.swap(at, 0),
            }
            if characters.is_empty() {
                break;
            }
        }
        let text: String = characters.into_iter().collect();
        let parsed = parse(&text);
        for error in parsed.errors {
            assert_ne!(error.message, "this statement could not be parsed", "{text}");
            assert!(
                text.is_char_boundary(error.span.start()) && text.is_char_boundary(error.span.end()),
                "{text}"
            );
        }
    }
}

/// The script with other white space, comments and case of words, which do not change its meaning.
fn restated(sql: &str, numbers: &mut Numbers) -> String {
    let mut text = String::new();
    let mut end = 0;
    for token in tokens(sql, Engine::Postgres) {
        let between = &sql[end..token.range.start];
        text.push_str(match numbers.below(4) {
            _ if between.is_empty() || between.contains('\n') => between,
            0 => "\t",
            1 => " /* ; ' */ ",
            2 => "  ",
            _ => between,
        });
        let word = &sql[token.range.clone()];
        match (token.kind, numbers.below(2)) {
            (TokenKind::Word, 0) => text.push_str(&word.to_ascii_uppercase()),
            (TokenKind::Word, _) => text.push_str(&word.to_ascii_lowercase()),
            _ => text.push_str(word),
        }
        end = token.range.end;
    }
    text + &sql[end..]
}

#[test]
fn what_says_the_same_is_read_the_same() {
    let mut numbers = Numbers(2);
    for (path, sql) in both() {
        let other = restated(&sql, &mut numbers);
        let (was, is) = (parse(&sql), parse(&other));
        assert_eq!(was.errors.len(), is.errors.len(), "{path}: {:?} {other}", is.errors);
        let said = |parsed: &crate::sql::Parsed| -> Vec<_> {
            let statements = parsed.statements.iter();
            statements
                .map(|found| (std::mem::discriminant(&found.kind), found.reads.clone(), found.calls.clone()))
                .collect()
        };
        assert_eq!(said(&was), said(&is), "{path}: {other}");
    }
}
