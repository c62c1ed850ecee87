use std::path::{Path, PathBuf};
use std::time::Duration;

use migrate_core::{
    Checksum, Diagnostic, Diagnostics, Dialect, Down, Execution, FoundHazard, Migration, MigrationSet,
    OlderBinaries, Risk, Script, Severity, Source,
};
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use crate::arguments::Arguments;

/// The migration set as an expression of constants; or every problem of the folder, and an empty set, so that
/// one mistake makes one message.
pub(crate) fn embed(arguments: &Arguments) -> TokenStream {
    let folder = resolved(&arguments.folder);
    match read(&folder, arguments) {
        Ok((origin, judged)) => embedded(&judged, &origin, arguments),
        Err(diagnostics) => errors(&diagnostics, arguments),
    }
}

/// A relative path starts where the package's `Cargo.toml` lies, in whatever folder the compiler runs.
fn resolved(folder: &str) -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    Path::new(&package).join(folder)
}

/// The folder at the time of the expansion.
struct Origin {
    /// The absolute path of the folder.
    folder: String,
    /// The absolute paths of all files that were looked at.
    files: Vec<String>,
    /// The paths inside the folder of those that the set depends on.
    watched: Vec<String>,
}

fn read(folder: &Path, arguments: &Arguments) -> Result<(Origin, Judged), Diagnostics> {
    let source = Source::read(folder, &arguments.folder)?;
    let absolute = |path: &str| folder.join(path).to_string_lossy().into_owned();
    let origin = Origin {
        folder: folder.to_string_lossy().into_owned(),
        files: source.files().iter().map(|file| absolute(file.path())).collect(),
        watched: source.watched().into_iter().map(str::to_owned).collect(),
    };
    Ok((origin, judged(source, arguments)?))
}

/// The set, and the warnings about it.
type Judged = (MigrationSet, Vec<Diagnostic>);

#[cfg(feature = "lint")]
fn judged(source: Source, arguments: &Arguments) -> Result<Judged, Diagnostics> {
    source.check(&arguments.overrides).map(|checked| (checked.set, checked.warnings))
}

#[cfg(not(feature = "lint"))]
fn judged(source: Source, arguments: &Arguments) -> Result<Judged, Diagnostics> {
    source.into_set(&arguments.overrides).map(|set| (set, Vec::new()))
}

fn embedded((set, warnings): &Judged, origin: &Origin, arguments: &Arguments) -> TokenStream {
    let Origin { folder, files, watched } = origin;
    let warnings = warnings.iter().map(|warning| told(warning, arguments));
    let name = set.name();
    let root = set.display_path("");
    let dialect = dialect(set.dialect());
    let migrations = set.migrations().iter().map(migration);
    let chain = option(set.chain().map(checksum));
    let names = names(&arguments.krate);
    quote! {{
        #names
        // Names the files, so that an edit of one compiles this crate again.
        const _: &[&[u8]] = &[#(::core::include_bytes!(#files)),*];
        #(#warnings)*
        // The path of the folder must not end up in a release: it is another on each machine.
        #[cfg(debug_assertions)]
        const ORIGIN: ::core::option::Option<private::Origin> = ::core::option::Option::Some(
            made::origin(#folder, &[#(#watched),*]),
        );
        #[cfg(not(debug_assertions))]
        const ORIGIN: ::core::option::Option<private::Origin> = ::core::option::Option::None;
        const MIGRATIONS: &[private::Migration] = &[#(#migrations),*];
        made::set(#name, #dialect, #root, MIGRATIONS, #chain, ORIGIN)
    }}
}

/// What the expansion calls things by: short names, because there are many, and the compiler reads each.
fn names(krate: &TokenStream) -> TokenStream {
    quote!(use #krate::__private::{self as private, embedded as made};)
}

fn errors(diagnostics: &Diagnostics, arguments: &Arguments) -> TokenStream {
    let errors = diagnostics.iter().map(|diagnostic| told(diagnostic, arguments));
    let dialect = dialect(Dialect::default());
    let names = names(&arguments.krate);
    quote! {{
        #names
        #(#errors)*
        made::set(
            "", #dialect, "", &[], ::core::option::Option::None, ::core::option::Option::None,
        )
    }}
}

fn checksum(checksum: Checksum) -> TokenStream {
    let bytes = Literal::byte_string(checksum.as_bytes());
    quote!(private::Checksum::from_bytes(*#bytes))
}

fn migration(migration: &Migration) -> TokenStream {
    let version = u64::try_from(migration.version().as_i64()).expect("a version is not negative");
    let name = migration.name();
    let up = script(migration.up());
    let down = match migration.down() {
        Down::Script(down) => {
            let down = script(down);
            quote!(private::Down::Script(#down))
        }
        Down::Irreversible(why) => {
            let why = option(why.as_deref().map(|why| quote!(#why)));
            quote!(made::irreversible(#why))
        }
    };
    let verify = option(migration.verify().map(script));
    let risk = option(migration.risk().map(risk));
    let hazards = migration.hazards().iter().map(hazard);
    let older_binaries = match migration.older_binaries() {
        OlderBinaries::Ok => quote!(Ok),
        OlderBinaries::Refuse => quote!(Refuse),
    };
    let accepts = migration.accepts().iter().copied().map(checksum);
    // An item of its own is checked for itself; in one expression, a thousand take it ten times as long.
    quote! {{
        const MIGRATION: private::Migration = made::migration(
            made::version(#version), #name, #up, #down, #verify, #risk,
            const { &[#(#hazards),*] }, private::OlderBinaries::#older_binaries, const { &[#(#accepts),*] },
        );
        MIGRATION
    }}
}

fn hazard(found: &FoundHazard) -> TokenStream {
    let hazard = format_ident!("{}", found.hazard.variant());
    let risk = risk(found.risk);
    let line = found.line;
    let allowed = option(found.allowed.as_deref().map(|why| quote!(#why)));
    quote! {
        made::hazard(private::Hazard::#hazard, #risk, #line, #allowed)
    }
}

fn risk(risk: Risk) -> TokenStream {
    let risk = match risk {
        Risk::Safe => quote!(Safe),
        Risk::Controlled => quote!(Controlled),
        Risk::High => quote!(High),
    };
    quote!(private::Risk::#risk)
}

fn script(script: &Script) -> TokenStream {
    let (path, sql) = (script.path(), script.sql());
    let checksum = Literal::byte_string(script.checksum().as_bytes());
    let spans = script.spans().iter().map(|span| {
        let offset = |at: usize| u32::try_from(at).expect("a script is at most 64 MiB");
        let (start, end) = (offset(span.start()), offset(span.end()));
        quote!(private::Span::new(#start, #end))
    });
    let Execution { transaction, lock_timeout, statement_timeout, foreign_keys_off, changes_session } =
        script.execution();
    let (lock_timeout, statement_timeout) = (milliseconds(lock_timeout), milliseconds(statement_timeout));
    quote! {
        made::script(
            #path, #sql, *#checksum, &[#(#spans),*],
            made::execution(
                #transaction, #lock_timeout, #statement_timeout, #foreign_keys_off, #changes_session,
            ),
        )
    }
}

fn dialect(dialect: Dialect) -> TokenStream {
    let dialect = match dialect {
        Dialect::Postgres => quote!(Postgres),
        Dialect::Sqlite => quote!(Sqlite),
        Dialect::Any => quote!(Any),
    };
    quote!(private::Dialect::#dialect)
}

/// A diagnostic as the compiler tells it. Stable Rust gives a macro no warnings, but the use of something deprecated is
/// one that users silence and deny as they are used to.
fn told(diagnostic: &Diagnostic, arguments: &Arguments) -> TokenStream {
    let text = diagnostic.to_string();
    match diagnostic.severity {
        Severity::Error => quote_spanned!(arguments.span=> ::core::compile_error!(#text);),
        Severity::Warning => {
            let file = diagnostic.path.rsplit('/').next().unwrap_or_default();
            let name: String =
                file.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
            let name = format_ident!("hazard_in_{name}");
            quote_spanned! {arguments.span=>
                const _: () = {
                    #[deprecated(note = #text)]
                    #[allow(non_upper_case_globals)]
                    const #name: () = ();
                    #name
                };
            }
        }
    }
}

fn milliseconds(timeout: Option<Duration>) -> TokenStream {
    option(timeout.map(|timeout| {
        let ms = u64::try_from(timeout.as_millis()).expect("a timeout fits an int4 of milliseconds");
        quote!(#ms)
    }))
}

fn option(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}
