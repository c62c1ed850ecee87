use migrate_core::{Dialect, Overrides};
use proc_macro2::{Span, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream};
use syn::{Error, Ident, LitStr, Result, Token};

/// The input of `embed!`.
#[derive(Debug)]
pub(crate) struct Arguments {
    /// The path of the `migrate` crate.
    pub(crate) krate: TokenStream,
    /// The folder as the user wrote it.
    pub(crate) folder: String,
    /// Where the user wrote it.
    pub(crate) span: Span,
    pub(crate) overrides: Overrides,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> Result<Arguments> {
        let krate = until_semicolon(input)?;
        let (folder, span) = match input.parse::<Option<LitStr>>()? {
            Some(literal) => (literal.value(), literal.span()),
            None => ("migrations".to_owned(), Span::call_site()),
        };
        let mut arguments = Arguments { krate, folder, span, overrides: Overrides::default() };
        if input.peek(Ident) {
            arguments.option(input)?;
        }
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if !input.is_empty() {
                arguments.option(input)?;
            }
        }
        Ok(arguments)
    }
}

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
        let key: Ident = input.parse()?;
        input.parse::<Token![=]>()?;
        let value: LitStr = input.parse()?;
        match key.to_string().as_str() {
            "dialect" => {
                let dialect = Dialect::from_name(&value.value());
                let expected =
                    || Error::new(value.span(), "a dialect is \"postgres\", \"sqlite\" or \"any\"");
                self.overrides.dialect = Some(dialect.ok_or_else(expected)?);
            }
            "set" => self.overrides.set = Some(value.value()),
            _ => return Err(Error::new(key.span(), "unknown option; there are `dialect` and `set`")),
        }
        Ok(())
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
    fn refuses_what_it_does_not_know() {
        for text in ["x; \"a\" \"b\"", "x; dialect = \"mysql\"", "x; folder = \"a\"", "x; 5"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
