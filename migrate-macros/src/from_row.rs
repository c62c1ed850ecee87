//! `#[derive(FromRow)]`: a struct is read from the columns of a row.
//!
//! What comes in is a struct with named fields, `struct Order { id: i64, #[column(note)] remark: String }`; what goes
//! out is an `impl FromRow` with the list of its columns, `[id, note]`, and a function that reads them by their
//! places.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Data, DeriveInput, Error, Field, Fields, Ident, Path, Result, Token};

/// The implementation, or what is wrong with the struct.
pub(crate) fn from_row(input: &DeriveInput) -> TokenStream {
    expanded(input).unwrap_or_else(Error::into_compile_error)
}

/// The implementation.
fn expanded(input: &DeriveInput) -> Result<TokenStream> {
    let fields = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => &fields.named,
            _ => return Err(Error::new(input.ident.span(), "`FromRow` wants a struct with named fields")),
        },
        _ => return Err(Error::new(input.ident.span(), "`FromRow` wants a struct with named fields")),
    };
    let scope = scope(&input.attrs)?;
    let columns = fields.iter().map(|field| column(field, &scope)).collect::<Result<Vec<_>>>()?;
    let values = fields.iter().enumerate().map(|(i, field)| {
        let name = &field.ident;
        quote!(#name: row.get(#i)?)
    });
    let name = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #generics #scope::FromRow for #name #arguments #bounds {
            const COLUMNS: &'static [#scope::RowColumn] = &[#(#columns),*];

            fn from_row(row: &#scope::Row<'_>) -> #scope::Result<Self> {
                ::core::result::Result::Ok(#name { #(#values),* })
            }
        }
    })
}

/// `::migrate::scope`, or that of the crate in `#[from_row(crate = name)]`.
fn scope(attributes: &[Attribute]) -> Result<TokenStream> {
    let mut scope = quote!(::migrate::scope);
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("from_row")) {
        let path = attribute.parse_args_with(|input: ParseStream<'_>| {
            input.parse::<Token![crate]>()?;
            input.parse::<Token![=]>()?;
            input.call(Path::parse_mod_style)
        })?;
        scope = quote!(#path::scope);
    }
    Ok(scope)
}

/// The column of a field: its own name, or the one in `#[column(name)]` or `#[column(table.name)]`.
fn column(field: &Field, scope: &TokenStream) -> Result<TokenStream> {
    let name = field.ident.as_ref().expect("the fields of the struct are named");
    let (mut table, mut column) = (quote!(None), plain(name));
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("column")) {
        let (first, second) = attribute.parse_args_with(|input: ParseStream<'_>| {
            let first = input.call(Ident::parse_any)?;
            let dot = input.parse::<Option<Token![.]>>()?;
            let second = dot.map(|_| input.call(Ident::parse_any)).transpose()?;
            Ok((first, second))
        })?;
        column = plain(second.as_ref().unwrap_or(&first));
        if second.is_some() {
            let name = plain(&first);
            table = quote!(Some(#name));
        }
    }
    Ok(quote!(#scope::RowColumn { table: ::core::option::Option::#table, name: #column }))
}

/// The name without `r#`.
fn plain(name: &Ident) -> String {
    name.unraw().to_string()
}
