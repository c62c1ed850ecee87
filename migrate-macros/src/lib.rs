//! The macros of `migrate`. Use them through that crate: `migrate::embed_migrations!`.

mod arguments;
mod expand;

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
