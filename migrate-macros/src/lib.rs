//! The macros of `migrate`. Use them through that crate: `migrate::embed_migrations!`.
//!
//! Each macro has three steps, in files of their own: parse what the user wrote, check it, expand it. What comes in
//! are tokens, such as `"migrations", set = "jobs"`; what goes out is an expression or items, or a `compile_error!`
//! at the place of the mistake. The analysis of the folder is in `migrate-core`: this crate holds only what needs
//! `syn` and `quote`, so that the library does not depend on them.

mod arguments;
mod expand;
#[cfg(feature = "scope")]
mod from_row;
#[cfg(feature = "scope")]
mod tables;
#[cfg(feature = "testing")]
mod test;

use proc_macro::TokenStream;

/// `embed!($crate; "folder", key = "value")`: the macro that `migrate::embed_migrations!` calls. It passes on the
/// path of its crate, so that a renamed dependency works.
#[proc_macro]
pub fn embed(input: TokenStream) -> TokenStream {
    match syn::parse::<arguments::Arguments>(input) {
        Ok(arguments) => expand::embed(&arguments).into(),
        Err(error) => error.into_compile_error().into(),
    }
}

/// `tables!($crate; …)`: the macro that `migrate::scope::tables!` calls, with the path of its crate.
#[cfg(feature = "scope")]
#[proc_macro]
pub fn tables(input: TokenStream) -> TokenStream {
    match syn::parse::<tables::Tables>(input) {
        Ok(input) => tables::tables(&input).into(),
        Err(error) => error.into_compile_error().into(),
    }
}

/// Reads a struct from the columns of a row: see `migrate::scope::FromRow`.
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
