//! The scanner's idea of white space, words and comments, held to each engine's own lexer over all of Unicode.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use migrate::Engine;
use migrate::scope::{FragmentFault, InvalidFragment};
use migrate::testing::{Server, TestDatabase};
use migrate_core::{Surroundings, VisibleTable, fragment, inspect};
use rusqlite::Connection;
use tokio_postgres::{Client, SimpleQueryMessage};

/// An engine, and what it reads in a text.
trait Judge {
    const ENGINE: Engine;

    /// The names of the columns and the first row of a query, if the engine takes it.
    async fn row(&self, query: &str) -> Option<(Vec<String>, Vec<String>)>;

    /// What is in a table of one column, `t`, after the scripts; nothing if the engine does not take one of them.
    async fn rows(&self, scripts: &[&str]) -> Option<Vec<String>>;
}

struct Sqlite(Connection);

impl Sqlite {
    fn new() -> Sqlite {
        Sqlite(Connection::open_in_memory().unwrap())
    }
}

impl Judge for Sqlite {
    const ENGINE: Engine = Engine::Sqlite;

    async fn row(&self, query: &str) -> Option<(Vec<String>, Vec<String>)> {
        let mut statement = self.0.prepare(query).ok()?;
        let names: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
        let count = names.len();
        let text = |row: &rusqlite::Row<'_>| {
            (0..count)
                .map(|column| {
                    Ok(match row.get_ref(column)? {
                        rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                        other => other.as_str().unwrap_or_default().to_owned(),
                    })
                })
                .collect::<rusqlite::Result<Vec<String>>>()
        };
        let row = statement.query_row([], text).ok()?;
        Some((names, row))
    }

    async fn rows(&self, scripts: &[&str]) -> Option<Vec<String>> {
        self.0.execute_batch("DROP TABLE IF EXISTS t; CREATE TABLE t (a)").unwrap();
        for script in scripts {
            self.0.execute_batch(script).ok()?;
        }
        let mut rows = self.0.prepare("SELECT quote(a) FROM t ORDER BY rowid").unwrap();
        Some(rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect())
    }
}

struct Postgres {
    client: Client,
    major: u32,
    _database: TestDatabase,
}

impl Postgres {
    async fn new() -> Postgres {
        let server = Server::shared().unwrap();
        let database = server.create_database("lexer").await.unwrap();
        let client = database.connect().await.unwrap();
        client.batch_execute("CREATE TABLE t (a text)").await.unwrap();
        Postgres { client, major: server.version_num().await.unwrap() / 10_000, _database: database }
    }
}

impl Judge for Postgres {
    const ENGINE: Engine = Engine::Postgres;

    async fn row(&self, query: &str) -> Option<(Vec<String>, Vec<String>)> {
        let answer = self.client.simple_query(query).await.ok()?;
        answer.into_iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                let names = row.columns().iter().map(|column| column.name().to_owned()).collect();
                let values = (0..row.len()).map(|i| row.get(i).unwrap_or_default().to_owned()).collect();
                Some((names, values))
            }
            _ => None,
        })
    }

    async fn rows(&self, scripts: &[&str]) -> Option<Vec<String>> {
        self.client.batch_execute("TRUNCATE t").await.unwrap();
        for script in scripts {
            self.client.batch_execute(script).await.ok()?;
        }
        let rows = self.client.query("SELECT a FROM t ORDER BY ctid", &[]).await.unwrap();
        Some(rows.into_iter().map(|row| row.get::<_, Option<String>>(0).unwrap_or_default()).collect())
    }
}

fn scalars() -> impl Iterator<Item = char> {
    '\0'..=char::MAX
}

fn words(text: &str, engine: Engine) -> Vec<&str> {
    inspect::tokens(text, engine).filter(|(_, kind)| *kind == "word").map(|(text, _)| text).collect()
}

/// What begins and continues a word to the scanner does so to the engine: it is the name of a column.
async fn words_are_words(judge: &impl Judge, engine: Engine) -> usize {
    let is_word = |c: char| words(&format!("{c}x{c}y"), engine) == [format!("{c}x{c}y")];
    let begins: Vec<char> = scalars().filter(|c| is_word(*c)).collect();
    for chunk in begins.chunks(1_500) {
        let columns: Vec<String> = chunk.iter().map(|c| format!("1 {c}x{c}y")).collect();
        let query = format!("SELECT {}", columns.join(", "));
        let names = match judge.row(&query).await {
            Some((names, _)) => names,
            None => panic!("{engine} refuses words of {:?} to {:?}", chunk[0], chunk[chunk.len() - 1]),
        };
        let ours = words(&query, engine);
        let folded = |word: &&str| if engine == Engine::Postgres { word.to_ascii_lowercase() } else { (*word).to_owned() };
        assert_eq!(names, ours[1..].iter().map(folded).collect::<Vec<_>>());
    }
    begins.len()
}

/// What is white space to the scanner is so to the engine, and nothing else: next to a word, and behind white space.
async fn white_space_is_white_space(judge: &impl Judge, engine: Engine, except: &[char]) {
    let is_odd = |c: &char| words(&format!("{c}x{c}y"), engine) != [format!("{c}x{c}y")];
    for c in scalars().filter(is_odd).chain('\0'..'\u{100}') {
        for template in ["SELECT 1{}AS{}x", "SELECT 1 {}AS x", "SELECT{}1 AS x", "SELECT 1 AS x{}"] {
            let query = template.replace("{}", c.encode_utf8(&mut [0; 4]));
            let plain = template.replace("{}", " ");
            let ours = inspect::tokens(&query, engine).eq(inspect::tokens(&plain, engine));
            let theirs = judge.row(&query).await.is_some_and(|(names, row)| names == ["x"] && row == ["1"]);
            // `SELECT+1` and `x;` are as good, and no white space.
            let is_harmless = matches!(c, '+' | ';') && !template.contains("AS{}");
            assert!(ours == theirs || is_harmless || except.contains(&c), "{engine} {query:?}: {ours} {theirs}");
        }
    }
}

/// No character ends a comment or a string but those that do to the scanner.
async fn quotes_and_comments_end_where_they_end(judge: &impl Judge, engine: Engine) {
    let all = |but: &[char]| scalars().filter(|c| *c != '\0' && !but.contains(c)).collect::<String>();
    let one = |query: &str, kind: &str| {
        let found: Vec<_> = inspect::tokens(query, engine).filter(|(_, of)| *of == kind).collect();
        assert_eq!(found.len(), 1, "{engine} {kind}");
        found[0].0.to_owned()
    };
    let inside = all(&['\'']);
    let query = format!("SELECT '{inside}' AS x");
    assert_eq!(one(&query, "literal").len(), inside.len() + 2);
    let (names, row) = judge.row(&query).await.unwrap();
    assert!(names == ["x"] && row == [inside], "{engine}");

    let query = format!("SELECT 1 /*{}*/ AS x", all(&['*', '/']));
    one(&query, "comment");
    assert_eq!(judge.row(&query).await.unwrap().0, ["x"], "{engine}");

    let mut lines = String::from("SELECT 1");
    for c in all(&['\n', '\r']).chars() {
        lines.extend([" --", c.encode_utf8(&mut [0; 4]), "+ 1\n"]);
    }
    assert!(inspect::tokens(&lines, engine).all(|(text, _)| text != "+"));
    assert_eq!(judge.row(&lines).await.unwrap().1, ["1"], "{engine}");
    for end in ["\n", "\r", "\r\n"] {
        let query = format!("SELECT 1 --{end}+ 1\n");
        let ours = if inspect::tokens(&query, engine).any(|(text, _)| text == "+") { "2" } else { "1" };
        assert_eq!(judge.row(&query).await.unwrap().1, [ours], "{engine} {end:?}");
    }
}

/// What `raw` takes for the name of a column is one to the engine.
fn raw_knows_no_other_words(engine: Engine) -> usize {
    let mut taken = 0;
    for c in scalars() {
        let name = format!("{c}x{c}y");
        let columns = [name.as_str()];
        let tables = [VisibleTable { alias: "t", columns: &columns }];
        let around = Surroundings { engine, tables: &tables, functions: &[] };
        let is_taken = c.is_alphabetic() && fragment(&name, around).is_ok();
        if is_taken {
            assert_eq!(words(&name, engine), [name.as_str()]);
        }
        taken += usize::from(is_taken);
    }
    taken
}

#[tokio::test]
async fn sqlite_reads_characters_alike() {
    let judge = Sqlite::new();
    // All of them but U+FEFF, and 53 letters of ASCII.
    assert_eq!(words_are_words(&judge, Engine::Sqlite).await, 0x11_0000 - 0x800 - 0x80 - 1 + 53);
    white_space_is_white_space(&judge, Engine::Sqlite, &[]).await;
    quotes_and_comments_end_where_they_end(&judge, Engine::Sqlite).await;
}

#[tokio::test]
async fn postgres_reads_characters_alike() {
    let judge = Postgres::new().await;
    assert_eq!(words_are_words(&judge, Engine::Postgres).await, 0x11_0000 - 0x800 - 0x80 + 53);
    // Up to release 15 the server refuses a vertical tab, wherever it is.
    let except: &[char] = if judge.major < 16 { &['\x0b'] } else { &[] };
    white_space_is_white_space(&judge, Engine::Postgres, except).await;
    quotes_and_comments_end_where_they_end(&judge, Engine::Postgres).await;
}

#[test]
fn raw_takes_letters_alone() {
    for engine in [Engine::Postgres, Engine::Sqlite] {
        assert!(raw_knows_no_other_words(engine) > 100_000);
    }
    let around = Surroundings { engine: Engine::Sqlite, tables: &[], functions: &[] };
    let fault = |text| fragment(text, around).map_err(|invalid: InvalidFragment| invalid.fault().clone());
    assert_eq!(fault("(\u{feff}SELECT 1)"), Err(FragmentFault::Symbol('\u{feff}')));
}

/// The names of SQLite's variables may hold quotes and semicolons.
#[test]
fn variables_are_sqlites() {
    let Sqlite(connection) = Sqlite::new();
    for name in ["$a", ":a", "@a", "#a", "$a::b", ":a(;')", "@a$1", "$::a", "$a::(--)", "$é(\")", "$1", "$a(b"] {
        let query = format!("SELECT {name} , ';'");
        let theirs = connection.prepare(&query).ok();
        let theirs = theirs.as_ref().and_then(|statement| statement.parameter_name(1));
        let (ours, _) = inspect::tokens(&query, Engine::Sqlite).nth(1).unwrap();
        assert!(theirs.is_none_or(|theirs| theirs == ours), "{ours:?} {theirs:?}");
        assert_eq!(theirs.is_some(), name != "$a(b", "{name}");
    }
}

const GAPS: &[&str] = &[
    " ", "\n", "\r", "\t", "\x0c", " \x0b", "\u{feff}", "\u{a0}", "--;'\n", "-- '\r", "--\r;\n", "/*;'*/", "/* /* ; */",
    "/*\"*/ */", "\r\n", "", "--\u{2028};\n", " \u{85}",
];

const VALUES: &[&str] = &[
    "'a;b'", "'it''s'", "E'\\';'", "E'\\\\'", "e'a'\n'\\';'", "E'a' -- '\n'b\\';'", "E'a'\r'\\';'", "e'a' --\r--;\r\n'\\''", "'a'\n'b\\'", "$$;'$$",
    "$a$;$b$'$a$", "$é$;$é$", "x'3b'", "X'3B'", "N';'", "U&'\\003b'", "U&';' UESCAPE '!'", "1", "1.5e3", "$a", ":a(;')", "@b::c(\")", "\"a;\"", "[a;]", "`a;`",
    "'\u{feff};'", "(1)", "'\\'", "B'1'",
];

/// Scripts of values that look like something else: split by us, they do what they do to the engine as one.
async fn scripts_are_split_alike(judge: &impl Judge, engine: Engine, scripts: usize) -> usize {
    let mut random = fastrand::Rng::with_seed(13);
    let mut accepted = 0;
    for _ in 0..scripts {
        let mut script = String::new();
        for _ in 0..3 {
            let words = ["INSERT", "INTO t", "VALUES", "(", random.choice(VALUES).unwrap(), ")", ";"];
            for word in words {
                let gap = if random.u8(..4) == 0 { *random.choice(GAPS).unwrap() } else { " " };
                script.extend([gap, word]);
            }
        }
        let split = inspect::statements(&script, engine);
        let Some(theirs) = judge.rows(&[&script]).await else { continue };
        accepted += 1;
        assert_eq!(judge.rows(&split).await, Some(theirs), "{engine} {script:?} {split:?}");
    }
    accepted
}

#[tokio::test]
async fn sqlite_splits_scripts_alike() {
    assert!(scripts_are_split_alike(&Sqlite::new(), Engine::Sqlite, 4_000).await > 200);
}

#[tokio::test]
async fn postgres_splits_scripts_alike() {
    assert!(scripts_are_split_alike(&Postgres::new().await, Engine::Postgres, 2_000).await > 100);
}
