//! The macros of `migrate`. Use them through that crate: `migrate::embed_migrations!`.

mod arguments;
mod expand;
#[cfg(feature = "scope")]
mod from_row;
#[cfg(feature = "scope")]
mod tables;
#[cfg(feature = "testing")]
mod test;

use proc_macro::TokenStream;

/// `embed!($crate; "folder", key = "value")`: what `migrate::embed_migrations!` calls, with the path of the crate
/// that it belongs to, so that a renamed dependency works.
#[proc_macro]
pub fn embed(input: TokenStream) -> TokenStream {
    match syn::parse::<arguments::Arguments>(input) {
        Ok(arguments) => expand::embed(&arguments).into(),
        Err(error) => error.into_compile_error().into(),
    }
}

/// `tables!($crate; …)`: what `migrate::scope::tables!` calls, with the path of the crate that it belongs to.
#[cfg(feature = "scope")]
#[proc_macro]
pub fn tables(input: TokenStream) -> TokenStream {
    match syn::parse::<tables::Tables>(input) {
        Ok(input) => tables::tables(&input).into(),
        Err(error) => error.into_compile_error().into(),
    }
}

/// Makes a struct of the columns of a row: see `migrate::scope::FromRow`.
#[cfg(feature = "scope")]
#[proc_macro_derive(FromRow, attributes(column, from_row))]
pub fn from_row(input: TokenStream) -> TokenStream {
    match syn::parse::<syn::DeriveInput>(input) {
        Ok(input) => from_row::from_row(&input).into(),
        Err(error) => error.into_compile_error().into(),
    }
}

/// A test with a migrated database of its own: see `migrate::test`.
#[cfg(feature = "testing")]
#[proc_macro_attribute]
pub fn test(options: TokenStream, item: TokenStream) -> TokenStream {
    test::test(options, item).into()
}
