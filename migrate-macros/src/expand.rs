//! The expansion of `embed_migrations!`: a folder becomes a constant.
//!
//! What comes in are [`Arguments`]; what goes out is an expression with the whole set as two literals, one with all
//! texts and one with all numbers, and an `include_bytes!` for each file, so that Cargo compiles the crate again when
//! one is edited. If anything is wrong with the folder, it is a `compile_error!` for each problem instead.

use std::borrow::Cow;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use migrate_core::{
    Checksum, Defaults, Diagnostic, Diagnostics, Dialect, MigrationSet, Severity, Source, Version, pack,
};
use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use crate::arguments::Arguments;

/// The migration set as a constant expression. For a faulty folder every problem and an empty set, so that one
/// mistake makes one message.
pub(crate) fn embed(arguments: &Arguments) -> TokenStream {
    let folder = resolved(&arguments.folder);
    match read(folder, arguments) {
        Ok((folder, analysed)) => embedded(&analysed, &folder, arguments),
        Err(diagnostics) => errors(&diagnostics, arguments),
    }
}

/// The absolute path of the folder. A relative one starts at the package's `Cargo.toml`, in whatever directory the
/// compiler runs.
fn resolved(folder: &str) -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    Path::new(&package).join(folder)
}

/// The folder at the time of the expansion.
struct FolderFiles {
    /// Its absolute path.
    folder: PathBuf,
    /// The files that the set depends on, by their paths inside of the folder.
    files: Vec<String>,
}

/// Reads and analyses the folder.
fn read(folder: PathBuf, arguments: &Arguments) -> Result<(FolderFiles, Analysed), Diagnostics> {
    let source = Source::read(&folder, &arguments.folder)?;
    let files = source.watched().into_iter().map(str::to_owned).collect();
    Ok((FolderFiles { folder, files }, analysed(source, arguments)?))
}

/// The set, and the warnings about it.
type Analysed = (MigrationSet, Vec<Diagnostic>);

#[cfg(feature = "lint")]
fn analysed(source: Source, arguments: &Arguments) -> Result<Analysed, Diagnostics> {
    source.check(&arguments.overrides, migrate_lint::analyse).map(|checked| (checked.set, checked.warnings))
}

#[cfg(not(feature = "lint"))]
fn analysed(source: Source, arguments: &Arguments) -> Result<Analysed, Diagnostics> {
    source.into_set(&arguments.overrides).map(|set| (set, Vec::new()))
}

/// The expression for a set.
fn embedded((set, warnings): &Analysed, from: &FolderFiles, arguments: &Arguments) -> TokenStream {
    let folder = from.folder.to_string_lossy();
    let files: String = from.files.iter().flat_map(|file| [file, "\0"]).collect();
    let includes = includes(from);
    let warnings = warnings.iter().map(|warning| reported(warning, arguments));
    let name = set.name();
    let root = set.display_path("");
    let dialect = dialect(set.dialect());
    let defaults = defaults(set.defaults());
    let chain = option(set.chain().map(checksum));
    let names = names(&arguments.krate);
    let count = set.migrations().len();
    let latest = set.latest().map_or(0, Version::as_i64).cast_unsigned();
    let (texts, numbers) = pack(set.migrations());
    let numbers = Literal::byte_string(&numbers);
    quote! {{
        // In a block of its own, so that the names do not reach the caller's code.
        #names
        // Names the files, so that an edit of one compiles this crate again.
        const _: &[&[u8]] = &[#includes];
        #(#warnings)*
        // The path of the folder must not end up in a release: it is another on each machine.
        #[cfg(debug_assertions)]
        const EMBEDDED_FROM: ::core::option::Option<private::EmbeddedFrom> =
            ::core::option::Option::Some(made::embedded_from(#folder, #files));
        #[cfg(not(debug_assertions))]
        const EMBEDDED_FROM: ::core::option::Option<private::EmbeddedFrom> = ::core::option::Option::None;
        fn list() -> &'static [private::Migration] {
            static PACKED: private::EmbeddedBytes = private::EmbeddedBytes::new(#count, #texts, #numbers);
            PACKED.migrations()
        }
        made::set(#name, #dialect, #root, made::migrations(#count, #latest, list), #chain, EMBEDDED_FROM, #defaults)
    }}
}

/// An `include_bytes!` for each file, by its absolute path. Made as text: a macro runs unoptimized, and would build
/// ten tokens for each of thousands of files.
fn includes(from: &FolderFiles) -> TokenStream {
    let mut includes = String::new();
    for file in &from.files {
        let path = from.folder.join(file);
        write!(includes, "::core::include_bytes!({:?}),", path.to_string_lossy())
            .expect("a string takes all");
    }
    includes.parse::<proc_macro::TokenStream>().expect("a path in quotes is a literal").into()
}

/// The names that the expansion uses for the crate.
fn names(krate: &TokenStream) -> TokenStream {
    quote!(use #krate::__private::{self as private, embedded as made};)
}

/// The expression for a faulty folder.
fn errors(diagnostics: &Diagnostics, arguments: &Arguments) -> TokenStream {
    let errors = diagnostics.iter().map(|diagnostic| reported(diagnostic, arguments));
    let dialect = dialect(Dialect::default());
    let defaults = defaults(&Defaults::NONE);
    let names = names(&arguments.krate);
    quote! {{
        #names
        #(#errors)*
        made::set(
            "", #dialect, "", made::NO_MIGRATIONS, ::core::option::Option::None, ::core::option::Option::None,
            #defaults,
        )
    }}
}

/// What `migrate.toml` says about databases as an expression.
fn defaults(defaults: &Defaults) -> TokenStream {
    let text = |text: &Option<Cow<'static, str>>| {
        option(text.as_ref().map(|text| Literal::string(text).into_token_stream()))
    };
    let time = |time: Option<Duration>| {
        let milliseconds =
            |time: Duration| u64::try_from(time.as_millis()).expect("a time of i32 milliseconds");
        option(time.map(|time| Literal::u64_suffixed(milliseconds(time)).into_token_stream()))
    };
    let place = [&defaults.history_schema, &defaults.history_prefix].map(text);
    let times = [defaults.lock_timeout, defaults.lock_deadline, defaults.statement_timeout].map(time);
    let drift = [&defaults.drift_schemas, &defaults.drift_ignore].map(|lines| Literal::string(lines));
    quote!(made::defaults([#(#place),*], [#(#times),*], [#(#drift),*]))
}

/// A checksum as an expression.
fn checksum(checksum: Checksum) -> TokenStream {
    let bytes = Literal::byte_string(checksum.as_bytes());
    quote!(private::Checksum::from_bytes(*#bytes))
}

/// A dialect as an expression.
fn dialect(dialect: Dialect) -> TokenStream {
    let dialect = match dialect {
        Dialect::Postgres => quote!(Postgres),
        Dialect::Sqlite => quote!(Sqlite),
        Dialect::Any => quote!(Any),
    };
    quote!(private::Dialect::#dialect)
}

/// A diagnostic as the compiler reports it. Stable Rust gives a macro no warnings. The use of something deprecated makes
/// one, which users silence or deny in the usual ways. Why a macro? The compiler puts "use of deprecated …" in front of
/// the text, and of all items a macro has the shortest name there, without the path of the place that embeds.
fn reported(diagnostic: &Diagnostic, arguments: &Arguments) -> TokenStream {
    let text = diagnostic.to_string();
    match diagnostic.severity {
        Severity::Error => quote_spanned!(arguments.span=> ::core::compile_error!(#text);),
        Severity::Warning => quote_spanned! {arguments.span=>
            const _: () = {
                #[deprecated(note = #text)]
                macro_rules! warning {
                    () => {
                        ()
                    };
                }
                warning!()
            };
        },
    }
}

/// An `Option` as an expression.
fn option(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}
