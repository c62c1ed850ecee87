//! `tables!`: parse what the user writes, check that it fits together, expand it to types and constants.
//!
//! What comes in are declarations, `orders { id: i64, business_id: i64 }`; what goes out are a type, a constant and a
//! static definition for each table, or every mistake at once.

mod check;
mod expand;
mod parse;

use proc_macro2::TokenStream;
use syn::Result;

pub(crate) use parse::Tables;

/// The tables as Rust items, or all problems.
pub(crate) fn tables(tables: &Tables) -> TokenStream {
    let checked: Result<_> = check::check(tables);
    match checked {
        Ok(models) => expand::expand(&tables.krate, &models),
        Err(error) => error.into_compile_error(),
    }
}
