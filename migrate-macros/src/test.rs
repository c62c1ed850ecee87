//! `#[migrate::test]`: a function becomes a test with a database of its own.
//!
//! What comes in are the options and a function, `async fn f(pool: Pool)`; what goes out is a `#[test]` of the same
//! name around it, which prepares a database, makes the arguments and drops or keeps the database at the end. The
//! expansion calls `migrate::testing::harness` for all of that.

use std::path::{Path, PathBuf};

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Attribute, Error, FnArg, ItemFn, LitInt, LitStr, Result, ReturnType, Token, Type, bracketed};

/// The options in the parentheses of the attribute.
struct Options {
    set: syn::Path,
    seeds: Vec<LitStr>,
    up_to: Option<u64>,
    krate: syn::Path,
}

const OPTIONS: &str = "it takes the path of a set, `seed = \"fixtures/orders.sql\"` or `seed = [\"a.sql\", \"b.sql\"]`, \
                       `up_to = <version>` and `crate = <path>`";

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Options> {
        let (mut set, mut seeds, mut up_to, mut krate) = (None, None, None, None);
        let mut is_first = true;
        while !input.is_empty() {
            if input.peek(Token![crate]) && input.peek2(Token![=]) {
                let key = input.parse::<Token![crate]>()?;
                input.parse::<Token![=]>()?;
                once(key.span, "crate", &mut krate, input.call(syn::Path::parse_mod_style)?)?;
            } else if input.peek(syn::Ident) && input.peek2(Token![=]) {
                let key: Ident = input.parse()?;
                input.parse::<Token![=]>()?;
                match key.to_string().as_str() {
                    "seed" => once(key.span(), "seed", &mut seeds, paths(input)?)?,
                    "up_to" => once(key.span(), "up_to", &mut up_to, version(input)?)?,
                    _ => return Err(Error::new(key.span(), format!("unknown option; {OPTIONS}"))),
                }
            } else if is_first {
                let path = input.call(syn::Path::parse_mod_style);
                set = Some(path.map_err(|error| Error::new(error.span(), OPTIONS))?);
            } else {
                return Err(Error::new(input.span(), OPTIONS));
            }
            is_first = false;
            if !input.is_empty() {
                input.parse::<Token![,]>().map_err(|error| Error::new(error.span(), OPTIONS))?;
            }
        }
        Ok(Options {
            set: set.unwrap_or_else(|| syn::parse_quote!(crate::MIGRATIONS)),
            seeds: seeds.unwrap_or_default(),
            up_to,
            krate: krate.unwrap_or_else(|| syn::parse_quote!(::migrate)),
        })
    }
}

/// Refuses an option that is given twice.
fn once<T>(at: Span, key: &str, slot: &mut Option<T>, value: T) -> Result<()> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(Error::new(at, format!("`{key}` is given twice"))),
    }
}

/// One path, or several in brackets.
fn paths(input: ParseStream<'_>) -> Result<Vec<LitStr>> {
    if !input.peek(syn::token::Bracket) {
        return Ok(vec![path(input)?]);
    }
    let list;
    bracketed!(list in input);
    Ok(list.parse_terminated(|input| path(input), Token![,])?.into_iter().collect())
}

/// The path of an SQL file.
fn path(input: ParseStream<'_>) -> Result<LitStr> {
    input.parse().map_err(|error| {
        Error::new(
            error.span(),
            "`seed` takes the path of an SQL file, or several: `seed = [\"a.sql\", \"b.sql\"]`",
        )
    })
}

/// A version.
fn version(input: ParseStream<'_>) -> Result<u64> {
    let takes = |span| Error::new(span, "`up_to` takes a version: `up_to = 20251107100000`");
    let literal: LitInt = input.parse().map_err(|error| takes(error.span()))?;
    literal.base10_parse().map_err(|_| takes(literal.span()))
}

/// The test, or what is wrong with it.
pub(crate) fn test(options: proc_macro::TokenStream, item: proc_macro::TokenStream) -> TokenStream {
    let function = syn::parse::<ItemFn>(item)
        .map_err(|error| Error::new(error.span(), "`#[migrate::test]` belongs above a function with a body"));
    let expanded = function.and_then(|function| {
        let options = syn::parse(options)?;
        expand(&options, &function)
    });
    expanded.unwrap_or_else(Error::into_compile_error)
}

/// The test.
fn expand(options: &Options, function: &ItemFn) -> Result<TokenStream> {
    let types = argument_types(function)?;
    refuse_misfits(function)?;
    let Options { set, up_to, krate, .. } = options;
    let (attributes, visibility, name) = (&function.attrs, &function.vis, &function.sig.ident);
    let (signature, body) = (&function.sig, &function.block);
    let should_panic = function.attrs.iter().any(|attribute| attribute.path().is_ident("should_panic"));
    let seeds = options.seeds.iter().map(|seed| read_seed(seed, krate)).collect::<Result<Vec<_>>>()?;
    let up_to = up_to.map_or_else(
        || quote!(::core::option::Option::None),
        |version| quote!(::core::option::Option::Some(#version)),
    );

    let first = types[0];
    let database = quote_spanned!(first.span()=> <#first as #krate::testing::TestArgument>::Database);
    let arguments = types.iter().map(|ty| {
        let argument = quote_spanned!(ty.span()=> <#ty as #krate::testing::TestArgument>::of(&__database));
        match function.sig.asyncness {
            Some(_) => quote!(#argument.await?),
            None => quote!(#krate::__private::testing::wait(#argument)?),
        }
    });
    let run = match function.sig.asyncness {
        Some(_) => quote! {
            run::<#database, _, _>(__TEST, |__database| async move { ::core::result::Result::Ok(#name(#(#arguments),*).await) })
        },
        None => {
            quote!(run_plain::<#database, _>(__TEST, |__database| ::core::result::Result::Ok(#name(#(#arguments),*))))
        }
    };
    // A function that returns something returns its report as an exit code, because the report also decides about the
    // database.
    let (output, semicolon) = match &function.sig.output {
        ReturnType::Default => (quote!(), quote!(;)),
        ReturnType::Type(..) => (quote!(-> ::std::process::ExitCode), quote!()),
    };
    let discarded = matches!(function.sig.output, ReturnType::Default).then(|| quote!(let _ =));
    Ok(quote! {
        #(#attributes)*
        #[::core::prelude::v1::test]
        #visibility fn #name() #output {
            // A test owns its arguments, even if it does not move them.
            #[allow(clippy::needless_pass_by_value)]
            #signature #body
            const __TEST: #krate::__private::testing::Test = #krate::__private::testing::Test {
                name: ::core::concat!(::core::module_path!(), "::", ::core::stringify!(#name)),
                set: &#set,
                up_to: #up_to,
                seeds: &[#(#seeds),*],
                should_panic: #should_panic,
            };
            #discarded #krate::__private::testing::#run #semicolon
        }
    })
}

/// The types of the arguments, at least one.
fn argument_types(function: &ItemFn) -> Result<Vec<&Type>> {
    let types = function.sig.inputs.iter().map(|argument| match argument {
        FnArg::Typed(argument) => Ok(&*argument.ty),
        FnArg::Receiver(receiver) => {
            Err(Error::new(receiver.span(), "a test is a function of its own and has no `self`"))
        }
    });
    let types = types.collect::<Result<Vec<_>>>()?;
    if types.is_empty() {
        return Err(Error::new(
            function.sig.paren_token.span.join(),
            "the test takes no database; name one as its argument, as in `pool: deadpool_postgres::Pool`, \
             `client: tokio_postgres::Client` or `connection: rusqlite::Connection`, or make it a plain `#[test]`",
        ));
    }
    Ok(types)
}

/// Refuses generics, and a second attribute that would make it a test.
fn refuse_misfits(function: &ItemFn) -> Result<()> {
    if let Some(parameter) = function.sig.generics.params.first() {
        return Err(Error::new(parameter.span(), "a test has no parameters but its arguments"));
    }
    let is_test =
        |attribute: &&Attribute| attribute.path().segments.last().is_some_and(|last| last.ident == "test");
    if let Some(attribute) = function.attrs.iter().find(is_test) {
        return Err(Error::new(
            attribute.span(),
            "`#[migrate::test]` makes it a test and runs it; remove this attribute",
        ));
    }
    Ok(())
}

/// A seed with its text. A relative path starts at the package's `Cargo.toml`, like that of `embed_migrations!`.
fn read_seed(seed: &LitStr, krate: &syn::Path) -> Result<TokenStream> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let path: PathBuf = Path::new(&package).join(seed.value());
    let Some(absolute) = path.to_str().filter(|_| path.is_file()) else {
        return Err(Error::new(
            seed.span(),
            format!("there is no file {}; its path starts where the package's Cargo.toml lies", seed.value()),
        ));
    };
    Ok(quote! {
        #krate::__private::testing::Seed { path: #seed, sql: ::core::include_str!(#absolute) }
    })
}
