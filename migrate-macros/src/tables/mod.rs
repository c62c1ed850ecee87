//! `tables!`: read what the user writes, check that it fits together, expand it to types and constants.

mod check;
mod expand;
mod parse;

use proc_macro2::TokenStream;
use syn::Result;

pub(crate) use parse::Tables;

/// The tables as Rust items; or every problem.
pub(crate) fn tables(tables: &Tables) -> TokenStream {
    let checked: Result<_> = check::check(tables);
    match checked {
        Ok(models) => expand::expand(&tables.krate, &models),
        Err(error) => error.into_compile_error(),
    }
}
