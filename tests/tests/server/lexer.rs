//! The scanner's idea of white space, words and comments, held to each engine's own lexer over all of Unicode.
#![expect(
    clippy::unwrap_used,
    reason = "a surprise in a helper ends the test, as it does in the test itself"
)]

use migrate::Engine;
use migrate::testing::{Server, TestDatabase};
use migrate_core::{Surroundings, VisibleTable, raw_expression};
use migrate_lint::inspect;
use rusqlite::Connection;
use tokio_postgres::{Client, SimpleQueryMessage};

/// An engine, and what it reads in a text.
trait Judge {
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
    async fn row(&self, query: &str) -> Option<(Vec<String>, Vec<String>)> {
        let mut statement = self.0.prepare(query).ok()?;
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
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

/// Whether it begins and continues a word to the scanner.
fn is_word(c: char, engine: Engine) -> bool {
    let mut text = String::with_capacity(10);
    text.extend([c, 'x', c, 'y']);
    inspect::tokens(&text, engine).next() == Some((&text, "word"))
}

/// What begins and continues a word to the scanner does so to the engine: it is the name of a column.
async fn words_are_words(judge: &impl Judge, engine: Engine, letters: &[char]) {
    for chunk in letters.chunks(1_500) {
        let columns: Vec<String> = chunk.iter().map(|c| format!("1 {c}x{c}y")).collect();
        let query = format!("SELECT {}", columns.join(", "));
        let Some((names, _)) = judge.row(&query).await else {
            panic!("{engine} refuses words of {:?} to {:?}", chunk[0], chunk[chunk.len() - 1])
        };
        let ours = words(&query, engine);
        let folded = |word: &&str| {
            if engine == Engine::Postgres { word.to_ascii_lowercase() } else { (*word).to_owned() }
        };
        assert_eq!(names, ours[1..].iter().map(folded).collect::<Vec<_>>());
    }
}

/// What is white space to the scanner is so to the engine, and nothing else: next to a word, and behind white space.
async fn white_space_is_white_space(judge: &impl Judge, engine: Engine, others: &[char], except: &[char]) {
    let others = others.iter().copied().filter(|c| *c != '\0' && !"'\"`".contains(*c));
    for c in others.chain('\u{80}'..'\u{100}') {
        for template in ["SELECT 1{}AS{}x", "SELECT 1 {}AS x", "SELECT{}1{}AS x", "SELECT 1 AS {}x{}"] {
            let query = template.replace("{}", c.encode_utf8(&mut [0; 4]));
            let plain = template.replace("{}", " ");
            let ours = inspect::tokens(&query, engine).eq(inspect::tokens(&plain, engine));
            let theirs = judge.row(&query).await.is_some_and(|(names, row)| names == ["x"] && row == ["1"]);
            assert!(ours == theirs || except.contains(&c), "{engine} {query:?}: {ours} {theirs}");
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

#[tokio::test]
async fn sqlite_reads_characters_alike() {
    let judge = Sqlite::new();
    let (letters, others): (Vec<char>, Vec<char>) = scalars().partition(|c| is_word(*c, Engine::Sqlite));
    assert!(others.iter().all(|c| c.is_ascii() || *c == '\u{feff}'));
    words_are_words(&judge, Engine::Sqlite, &letters).await;
    white_space_is_white_space(&judge, Engine::Sqlite, &others, &[]).await;
    quotes_and_comments_end_where_they_end(&judge, Engine::Sqlite).await;
}

#[tokio::test]
async fn postgres_reads_characters_alike() {
    let judge = Postgres::new().await;
    let (letters, others): (Vec<char>, Vec<char>) = scalars().partition(|c| is_word(*c, Engine::Postgres));
    assert!(others.iter().all(char::is_ascii));
    words_are_words(&judge, Engine::Postgres, &letters).await;
    // Up to release 16 the server refuses a vertical tab, wherever it is.
    let except: &[char] = if judge.major < 17 { &['\x0b'] } else { &[] };
    white_space_is_white_space(&judge, Engine::Postgres, &others, except).await;
    quotes_and_comments_end_where_they_end(&judge, Engine::Postgres).await;
}

/// What `raw` takes for the name of a column is one to both engines.
#[test]
fn raw_takes_letters_alone() {
    let taken = |c: &char| {
        let name = format!("{c}x");
        let columns = [name.as_str()];
        let tables = [VisibleTable { alias: "t", columns: &columns }];
        raw_expression(&name, Surroundings { engine: Engine::Sqlite, tables: &tables, functions: &[] })
            .is_ok()
    };
    let letters: Vec<char> =
        scalars().filter(|c| c.is_alphanumeric() || *c < '\u{3000}' || *c == '\u{feff}').collect();
    let taken: Vec<char> = letters.into_iter().filter(taken).collect();
    assert!(taken.len() > 100_000);
    for c in taken {
        assert!(is_word(c, Engine::Postgres) && is_word(c, Engine::Sqlite), "{c:?}");
    }
}

/// The names of SQLite's variables may hold quotes and semicolons.
#[test]
fn variables_are_sqlites() {
    let Sqlite(connection) = Sqlite::new();
    for name in
        ["$a", ":a", "@a", "#a", "$a::b", ":a(;')", "@a$1", "$::a", "$a::(--)", "$é(\")", "$1", "$a(b"]
    {
        let query = format!("SELECT {name} , ';'");
        let theirs = connection.prepare(&query).ok();
        let theirs = theirs.as_ref().and_then(|statement| statement.parameter_name(1));
        let (ours, _) = inspect::tokens(&query, Engine::Sqlite).nth(1).unwrap();
        assert!(theirs.is_none_or(|theirs| theirs == ours), "{ours:?} {theirs:?}");
        assert_eq!(theirs.is_some(), name != "$a(b", "{name}");
    }
}

const GAPS: &[&str] = &[
    " ",
    "\n",
    "\r",
    "\t",
    "\x0c",
    " \x0b",
    "\u{feff}",
    "\u{a0}",
    "--;'\n",
    "-- '\r",
    "--\r;\n",
    "/*;'*/",
    "/* /* ; */",
    "/*\"*/ */",
    "\r\n",
    "",
    "--\u{2028};\n",
    " \u{85}",
];

const VALUES: &[&str] =
    &["'a;b'", "'it''s'", "'\u{feff};'", "'\\'", "(1)", "1.5e3", "'--'", "'/*'", "x'3b'", "X'3B'"];

const POSTGRES_VALUES: &[&str] = &[
    "E'\\';'",
    "E'\\\\'",
    "e'a'\n'\\';'",
    "E'a' -- '\n'b\\';'",
    "E'a'\r'\\';'",
    "e'a' --\r--;\r\n'\\''",
    "'a'\n'b\\'",
    "$$;'$$",
    "$a$;$b$'$a$",
    "$é$;$é$",
    "N';'",
    "U&'\\003b'",
    "U&';' UESCAPE '!'",
    "B'1'",
    "E'a' --;\n\r\t--'\r'\\';'",
];

const SQLITE_VALUES: &[&str] =
    &["$a", ":a(;')", "@b::c(\")", "#1", "?1", "\"a;\"", "\"a\"\";\"", "X''", "$a$(;'\"[`/*--)"];

/// Scripts of values that look like something else: split by us, they do what they do to the engine as one.
async fn scripts_are_split_alike(judge: &impl Judge, engine: Engine, own: &[&str], scripts: usize) -> usize {
    let values: Vec<&str> = VALUES.iter().chain(own).chain(own).copied().collect();
    let mut random = fastrand::Rng::with_seed(13);
    let mut accepted = 0;
    for _ in 0..scripts {
        let mut script = String::new();
        for _ in 0..3 {
            let words = ["INSERT", "INTO t", "VALUES", "(", random.choice(&values).unwrap(), ")", ";"];
            for word in words {
                let gap = if random.u8(..8) == 0 { *random.choice(GAPS).unwrap() } else { " " };
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
    assert!(scripts_are_split_alike(&Sqlite::new(), Engine::Sqlite, SQLITE_VALUES, 3_000).await > 800);
}

#[tokio::test]
async fn postgres_splits_scripts_alike() {
    assert!(
        scripts_are_split_alike(&Postgres::new().await, Engine::Postgres, POSTGRES_VALUES, 1_000).await > 300
    );
}
