//! The Rust items that `tables!` makes.
//!
//! What comes in are checked models; what goes out are, for `orders`, a struct with a `Col` for each column, a
//! constant of the same name, the implementations of the traits, and a static `Definition`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Ident, Type};

use super::check::{Key, Model, plain};
use super::parse::{Action, Column};

/// The items of all tables, and the list of their definitions.
pub(crate) fn expand(krate: &TokenStream, models: &[Model<'_>]) -> TokenStream {
    let expansion = Expansion { scope: quote!(#krate::scope), models };
    let tables = (0..models.len()).map(|i| expansion.table(i));
    let definitions = models.iter().map(definition_name);
    quote! {
        #(#tables)*

        /// All tables of this declaration.
        #[allow(dead_code, unreachable_pub)]
        pub static TABLES: &[&#krate::scope::Definition] = &[#(&#definitions),*];
    }
}

/// What all parts of the expansion need.
struct Expansion<'a> {
    scope: TokenStream,
    models: &'a [Model<'a>],
}

/// The name of a table's definition.
fn definition_name(model: &Model<'_>) -> Ident {
    format_ident!("__definition_of_{}", model.name)
}

impl Expansion<'_> {
    /// The items of a table.
    fn table(&self, i: usize) -> TokenStream {
        let model = &self.models[i];
        let scope = &self.scope;
        let (name, attributes) = (&model.table.name, &model.table.attributes);
        let fields = model.table.columns.iter().map(|column| self.field(model, column));
        let columns = model.table.columns.iter().enumerate().map(|(place, column)| {
            let field = &column.name;
            quote!(#field: #scope::Col::new(handle, #place))
        });
        let definition = self.definition(i);
        let definition_name = definition_name(model);
        let key_types = model.key.iter().map(|column| &column.ty);
        let (key, key_values) = match model.key.len() {
            1 => (quote!(#(#key_types)*), quote!(each(#scope::Parameter::new(key)))),
            n => {
                let places = (0..n).map(syn::Index::from);
                let values = quote!(#(each(#scope::Parameter::new(key.#places));)*);
                (quote!((#(#key_types),*)), values)
            }
        };
        let kind = if model.table.is_global { quote!(GlobalTable) } else { quote!(TenantTable) };
        let soft_deletes = model.deleted.map(|_| quote!(impl #scope::SoftDeletes for #name {}));
        let doc = format!("The table `{}`.", model.name);
        quote! {
            #[doc = #doc]
            #(#attributes)*
            #[allow(non_camel_case_types, missing_docs, dead_code, unreachable_pub)]
            #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
            pub struct #name {
                #(#fields,)*
                #[doc(hidden)]
                pub __handle: #scope::Handle,
            }

            #[doc = #doc]
            #[allow(non_upper_case_globals, dead_code, unreachable_pub)]
            pub const #name: #name = #name::__of(#scope::Handle::new(&#definition_name));

            #[allow(dead_code, unreachable_pub)]
            impl #name {
                #[doc(hidden)]
                pub const fn __of(handle: #scope::Handle) -> #name {
                    #name { #(#columns,)* __handle: handle }
                }

                /// The table by another name, for a statement that holds it twice.
                pub const fn alias(self, alias: &'static str) -> #name {
                    #name::__of(self.__handle.with_alias(alias))
                }

                /// The table with its deleted rows.
                pub const fn with_deleted(self) -> #name {
                    #name::__of(self.__handle.with_deleted())
                }

                /// The deleted rows of the table alone.
                pub const fn only_deleted(self) -> #name {
                    #name::__of(self.__handle.only_deleted())
                }
            }

            impl #scope::Table for #name {
                type Key = #key;

                fn definition() -> &'static #scope::Definition {
                    &#definition_name
                }

                fn handle(&self) -> #scope::Handle {
                    self.__handle
                }

                fn key_values(key: #key, mut each: impl ::core::ops::FnMut(#scope::Parameter)) {
                    #key_values
                }
            }

            impl #scope::#kind for #name {}
            #soft_deletes

            #definition
        }
    }

    /// The field of a column.
    fn field(&self, model: &Model<'_>, column: &Column) -> TokenStream {
        let scope = &self.scope;
        let (table, name, ty, attributes) = (&model.table.name, &column.name, &column.ty, &column.attributes);
        let protected = [model.tenant, model.deleted, model.version, model.by, model.reason, model.op];
        let is_protected = protected.into_iter().flatten().any(|other| std::ptr::eq(other, column));
        let access = if is_protected { quote!(Protected) } else { quote!(Writable) };
        let doc = format!("The column `{}`.", plain(name));
        quote!(#[doc = #doc] #(#attributes)* pub #name: #scope::Col<#table, #ty, #scope::#access>)
    }

    /// The static definition of a table.
    fn definition(&self, i: usize) -> TokenStream {
        let model = &self.models[i];
        let scope = &self.scope;
        let definition_name = definition_name(model);
        let name = &model.name;
        let columns = model.table.columns.iter().map(|column| plain(&column.name));
        let key = model.key.iter().map(|column| plain(&column.name));
        let tenant = model.tenant.map(|column| {
            let (name, is_text) = (plain(&column.name), may_be_text(&column.ty));
            quote!(.tenant(#name, #is_text))
        });
        let roles = [
            (model.deleted, quote!(deleted)),
            (model.version, quote!(version)),
            (model.by, quote!(by)),
            (model.reason, quote!(reason)),
            (model.op, quote!(op)),
        ];
        let roles = roles.into_iter().filter_map(|(column, role)| {
            let name = plain(&column?.name);
            Some(quote!(.#role(#name)))
        });
        let parents = model.parents.iter().map(|key| self.key(key));
        let all_keys = self.models.iter().flat_map(|model| &model.parents);
        let children = all_keys.filter(|key| key.parent == i).map(|key| self.key(key));
        quote! {
            #[doc(hidden)]
            #[allow(non_upper_case_globals, unreachable_pub)]
            pub static #definition_name: #scope::Definition =
                #scope::Definition::new(#name, &[#(#columns),*], &[#(#key),*])
                    #tenant
                    #(#roles)*
                    .keys(&[#(#parents),*], &[#(#children),*]);
        }
    }

    /// A foreign key as an expression.
    fn key(&self, key: &Key) -> TokenStream {
        let scope = &self.scope;
        let (child, parent) =
            (definition_name(&self.models[key.child]), definition_name(&self.models[key.parent]));
        let (columns, parent_columns) = (&key.columns, &key.parent_columns);
        let action = match key.action {
            Action::Cascade => quote!(Cascade),
            Action::Restrict => quote!(Restrict),
            Action::Keep => quote!(Keep),
            Action::HideWithParent => quote!(HideWithParent),
        };
        quote! {
            #scope::ForeignKey {
                child: &#child,
                columns: &[#(#columns),*],
                parent: &#parent,
                parent_columns: &[#(#parent_columns),*],
                on_soft_delete: #scope::OnSoftDelete::#action,
            }
        }
    }
}

/// Whether a tenant column of this type may hold a text. Any type may, unless it is known to be a number or a UUID.
fn may_be_text(ty: &Type) -> bool {
    const OTHERS: [&str; 7] = ["i8", "i16", "i32", "i64", "u32", "bool", "Uuid"];
    let Type::Path(path) = ty else { return true };
    path.path.segments.last().is_none_or(|last| OTHERS.iter().all(|other| last.ident != other))
}
