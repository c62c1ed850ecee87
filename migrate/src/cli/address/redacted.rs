//! Removes passwords from texts that may be addresses, before such a text is shown.

use super::Address;

/// The part of a text that may be shown: for an address, the address without its password; for any other text, at most its
/// scheme.
pub(in crate::cli) fn redacted(text: &str) -> String {
    const SCHEMES: [&str; 5] = ["postgres://", "postgresql://", "sqlite:", "file:", "jdbc:"];
    let scheme = || SCHEMES.into_iter().find(|scheme| text.starts_with(scheme)).unwrap_or_default();
    Address::parse(text).map_or_else(|_| format!("{}…", scheme()), |address| address.to_string())
}

/// Whether a text of a command line may be an address or a part of one, and so may hold a password.
pub(in crate::cli) fn may_be_address(text: &str) -> bool {
    text.contains("://")
        || text.contains('@')
        || text.to_ascii_lowercase().contains("jdbc:")
        || names_password(text)
}

/// Whether a text sets a password, in the words of any common driver.
pub(super) fn names_password(text: &str) -> bool {
    const WORDS: [&str; 5] = ["password", "passwd", "passwort", "pwd", "secret"];
    let text = text.to_ascii_lowercase();
    text.contains('=') && WORDS.iter().any(|word| text.contains(word))
}

#[cfg(all(test, feature = "postgres", feature = "sqlite"))]
mod tests {
    use super::*;
    use crate::cli::Options;

    /// Valid and invalid addresses. Each has a place for a password: as it is, encoded for a URL, or in quotes.
    const TEMPLATES: [&str; 54] = [
        "postgres://ada:<RAW>@h/shop",
        "postgres://ada:<RAW>@127.0.0.1:5433,b/shop?sslmode=require",
        "postgres://ada:<RAW>@h:port/shop",
        "postgres://ada:<RAW>@[::1/shop",
        "postgres://ada:<RAW>@h/shop?colour=red",
        "postgres://ada:<RAW>@h/shop?sslmode=<URI>",
        "postgres://:<RAW>@h/shop",
        "postgres://ada:<RAW>@",
        "postgres://ada:<URI>",
        "postgres://ada:<RAW>@h@i/shop",
        "postgresql://ada:<URI>@h/shop",
        "postgresql://ada:<URI>@h/shop?port=x",
        "postgresql://ada:<URI>@h/shop?host=/tmp&hostaddr=x",
        "postgis://ada:<URI>@h/shop?sslpassword=<URI>",
        "postgres://ada@h/shop?password=<URI>",
        "postgres://h/shop?user=ada&password=<URI>&colour=red",
        "postgres://h/shop?user=ada&password=<RAW>",
        "postgres://h/shop?user=ada&password=<RAW>&sslmode=no",
        "postgres://h/shop?password=<RAW>&sslpassword=<RAW>&user=ada",
        "postgres:ada:<RAW>@h/shop",
        "postgres:/ada:<RAW>@h/shop",
        "Postgres://ada:<RAW>@h/shop",
        "postgresql+psycopg2://ada:<RAW>@h/shop",
        "mysql://ada:<RAW>@h/shop",
        "redis://:<RAW>@h",
        "ada:<RAW>@h/shop",
        "ada:<URI>@h:5432/shop?sslmode=require",
        "//ada:<RAW>@h/shop",
        ":<RAW>@h",
        "h/shop?user=ada&password=<RAW>",
        "h:5432/shop?password=<URI>",
        "jdbc:postgresql://ada:<RAW>@h/shop",
        "jdbc:postgresql://h/shop?user=ada&password=<RAW>",
        "JDBC:PostgreSQL://h/shop?user=ada&password=<URI>",
        "'postgres://ada:<RAW>@h/shop'",
        "\"postgres://ada:<URI>@h/shop\"",
        " postgres://ada:<RAW>@h/shop",
        "postgres://ada:<RAW>@h/shop\n",
        "\u{feff}postgres://ada:<RAW>@h/shop",
        "DATABASE_URL=postgres://ada:<RAW>@h/shop",
        "psql postgres://ada:<RAW>@h/shop",
        "PGPASSWORD=<RAW> psql -h h",
        "sqlite:ada:<RAW>@h/shop",
        "sqlite://ada:<RAW>@h/shop",
        "sqlite:app.db?key=<RAW>",
        "sqlite:app.db?<URI>=1",
        "file:app.db?password=<RAW>",
        "Server=h;User Id=ada;Password=<RAW>;Database=shop",
        "host=h user=ada password=<QUOTED> dbname=shop",
        "host = h password = <QUOTED> user = ada colour = red",
        "password=<QUOTED> sslpassword=<QUOTED> port=x",
        "host=h password=<RAW>",
        "host=h password=<RAW> user=ada",
        "password=<RAW> host=h sslmode=no",
    ];

    /// A password of words with all between them that means something to a reader of addresses.
    fn password(random: &mut fastrand::Rng) -> String {
        const BETWEEN: [&str; 22] = [
            "@", ":", "/", "?", "#", "%", "%41", "%zz", "&", "=", "'", "\"", "\\", " ", "+", ",", "[", "]",
            "@@", "//", "ö", "",
        ];
        let mut text = String::new();
        for _ in 0..random.usize(1..5) {
            text += random.choice(BETWEEN).unwrap_or_default();
            text.extend((0..6).map(|_| random.alphanumeric()));
        }
        text + random.choice(BETWEEN).unwrap_or_default()
    }

    /// What of it would be recognized.
    fn words(password: &str) -> impl Iterator<Item = &str> {
        password.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.len() >= 6)
    }

    #[test]
    fn no_part_of_a_password_is_ever_shown() {
        let seed = fastrand::u64(..);
        let mut random = fastrand::Rng::with_seed(seed);
        for _ in 0..400 {
            let password = password(&mut random);
            let quoted = format!("'{}'", password.replace('\\', "\\\\").replace('\'', "\\'"));
            let encoded = crate::cli::address::encoded(&password);
            for template in TEMPLATES {
                let text = template
                    .replace("<RAW>", &password)
                    .replace("<URI>", &encoded)
                    .replace("<QUOTED>", &quoted);
                let shown = match Address::parse(&text) {
                    Ok(address) => format!("{address} {address:?}"),
                    Err(error) => format!("{error} {error:?}"),
                };
                let options = Options { database_url: Some(text.clone()), ..Options::default() };
                let shown = format!("{shown} {} {options:?}", redacted(&text));
                for word in words(&password).chain(words(&encoded)) {
                    assert!(!shown.contains(word), "seed {seed}: {text}\n{shown}");
                }
            }
        }
    }

    #[test]
    fn what_can_be_shown_is() {
        let case = |text: &str, want: &str| assert_eq!(redacted(text), want, "{text}");
        case("postgres://ada:hunter2@h:1/shop", "postgresql://ada@h:1/shop");
        case("postgres://ada:hunter2@h@i:1/shop", "postgres://…");
        case("ada:hunter2@h/shop", "…");
        case("app.db", "sqlite:app.db");
        assert!(may_be_address("--url=postgres://ada:hunter2@h") && may_be_address("ada:hunter2@h"));
        assert!(may_be_address("host=h password=hunter2") && !may_be_address("--database=shop"));
    }
}
