//! The arguments of `embed_migrations!`.
//!
//! What comes in are tokens, `::migrate; "db/x", set = "jobs"`; what goes out are [`Arguments`], with the folder
//! `db/x`, where it is written, and the keys that override `migrate.toml`.

use migrate_core::{Dialect, Overrides};
use proc_macro2::{Span, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream};
use syn::{Error, Ident, LitStr, Result, Token};

/// The input of `embed!`.
#[derive(Debug)]
pub(crate) struct Arguments {
    /// The path of the `migrate` crate.
    pub(crate) krate: TokenStream,
    /// The folder, as the user wrote it.
    pub(crate) folder: String,
    /// The place of the folder in the source, where errors point to.
    pub(crate) span: Span,
    /// The keys that override those of `migrate.toml`.
    pub(crate) overrides: Overrides,
}

const FOLDER: &str = "the folder is one string literal, as in `embed_migrations!(\"migrations\")`";

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> Result<Arguments> {
        let krate = until_semicolon(input)?;
        let mut arguments = Arguments {
            krate,
            folder: "migrations".to_owned(),
            span: Span::call_site(),
            overrides: Overrides::default(),
        };
        if let Some(literal) = input.parse::<Option<LitStr>>()? {
            arguments.folder = literal.value();
            arguments.span = literal.span();
            comma_or_end(input)?;
        }
        while !input.is_empty() {
            arguments.option(input)?;
            comma_or_end(input)?;
        }
        Ok(arguments)
    }
}

/// A comma, unless the input ends.
fn comma_or_end(input: ParseStream<'_>) -> Result<()> {
    if input.is_empty() { Ok(()) } else { input.parse::<Token![,]>().map(drop) }
}

/// The tokens before the semicolon: the path of the crate.
fn until_semicolon(input: ParseStream<'_>) -> Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.peek(Token![;]) {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    input.parse::<Token![;]>()?;
    Ok(tokens)
}

impl Arguments {
    /// `dialect = "sqlite"` or `set = "billing"`.
    fn option(&mut self, input: ParseStream<'_>) -> Result<()> {
        let key = key(input)?;
        match key.to_string().as_str() {
            "dialect" => {
                let value = value(&key, "sqlite", input)?;
                let expected =
                    || Error::new(value.span(), "a dialect is \"postgres\", \"sqlite\" or \"any\"");
                let dialect = Dialect::from_name(&value.value()).ok_or_else(expected)?;
                once(&key, self.overrides.dialect.replace(dialect).as_ref())
            }
            "set" => {
                let value = value(&key, "billing", input)?;
                once(&key, self.overrides.set.replace(value.value()).as_ref())
            }
            _ if input.peek(Token![=]) => {
                Err(Error::new(key.span(), "unknown option; there are `dialect` and `set`"))
            }
            _ => Err(Error::new(key.span(), FOLDER)),
        }
    }
}

/// The name of an option. Anything else was meant to be the folder, and the error says how to write that.
fn key(input: ParseStream<'_>) -> Result<Ident> {
    let key: Ident = input.parse().map_err(|error| Error::new(error.span(), FOLDER))?;
    if input.peek(Token![!]) {
        return Err(Error::new(key.span(), format!("{FOLDER}; macros are not expanded here")));
    }
    Ok(key)
}

/// The value of an option, with an example in the error.
fn value(key: &Ident, example: &str, input: ParseStream<'_>) -> Result<LitStr> {
    let takes = |span| Error::new(span, format!("`{key}` takes a value: `{key} = \"{example}\"`"));
    input.parse::<Token![=]>().map_err(|_| takes(key.span()))?;
    if input.is_empty() {
        return Err(takes(key.span()));
    }
    input.parse().map_err(|error| takes(error.span()))
}

/// Refuses an option that is given twice.
fn once<T>(key: &Ident, before: Option<&T>) -> Result<()> {
    match before {
        None => Ok(()),
        Some(_) => Err(Error::new(key.span(), format!("`{key}` is given twice"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Arguments> {
        syn::parse_str(text)
    }

    #[test]
    fn reads_folder_and_options() {
        let arguments = parse("::migrate; \"db/x\", set = \"jobs\", dialect = \"sqlite\",").unwrap();
        assert_eq!(arguments.folder, "db/x");
        assert_eq!(arguments.overrides.set.as_deref(), Some("jobs"));
        assert_eq!(arguments.overrides.dialect, Some(Dialect::Sqlite));
        assert_eq!(arguments.krate.to_string(), ":: migrate");
        assert_eq!(parse("x;").unwrap().folder, "migrations");
        assert_eq!(parse("x; set = \"jobs\"").unwrap().overrides.set.as_deref(), Some("jobs"));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let folder = FOLDER;
        let in_macro = format!("{FOLDER}; macros are not expanded here");
        let set = "`set` takes a value: `set = \"billing\"`";
        let cases = [
            ("\"a\" \"b\"", "expected `,`"),
            ("\"a\" set = \"b\"", "expected `,`"),
            ("set = \"b\" dialect = \"any\"", "expected `,`"),
            ("\"a\", \"b\"", folder),
            ("5", folder),
            (", set = \"b\"", folder),
            ("crate::FOLDER", folder),
            ("FOLDER", folder),
            ("concat!(\"a\", \"b\")", &in_macro),
            ("folder = \"a\"", "unknown option; there are `dialect` and `set`"),
            ("set", set),
            ("set =", set),
            ("set \"b\"", set),
            ("set = b", set),
            ("dialect,", "`dialect` takes a value: `dialect = \"sqlite\"`"),
            ("dialect = \"mysql\"", "a dialect is \"postgres\", \"sqlite\" or \"any\""),
            ("set = \"a\", set = \"a\"", "`set` is given twice"),
            ("dialect = \"any\", set = \"a\", dialect = \"any\"", "`dialect` is given twice"),
        ];
        for (text, want) in cases {
            assert_eq!(parse(&format!("x; {text}")).unwrap_err().to_string(), want, "{text}");
        }
    }
}
