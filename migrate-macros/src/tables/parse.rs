//! The grammar of `tables!`.
//!
//! What comes in are tokens; what goes out is what the user wrote, [`Tables`], without a check of what it means:
//! `orders` with two columns, the role `version = row_version`, and the key
//! `customer_id -> customers on soft_delete restrict`.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Error, Ident, Result, Token, Type, braced, parenthesized};

/// The input of `tables!`.
pub(crate) struct Tables {
    /// The path of the `migrate` crate.
    pub(crate) krate: TokenStream,
    /// The tenant column of all tables that do not name another one.
    pub(crate) tenant: Option<Ident>,
    /// The column of soft deletes of all tables that have it and do not name another one.
    pub(crate) deleted: Option<Ident>,
    pub(crate) tables: Vec<Table>,
}

/// A table as it is written.
pub(crate) struct Table {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) is_global: bool,
    pub(crate) name: Ident,
    pub(crate) columns: Vec<Column>,
    pub(crate) roles: Vec<Role>,
    pub(crate) keys: Vec<ForeignKey>,
}

/// `total: i64`
pub(crate) struct Column {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) name: Ident,
    pub(crate) ty: Type,
}

/// `version = row_version`, `key = (a, b)`
pub(crate) struct Role {
    pub(crate) role: Ident,
    pub(crate) columns: Vec<Ident>,
}

/// `customer_id -> customers on soft_delete restrict`
pub(crate) struct ForeignKey {
    pub(crate) columns: Vec<Ident>,
    pub(crate) parent: Ident,
    pub(crate) parent_columns: Option<Vec<Ident>>,
    pub(crate) on_soft_delete: Option<(Ident, Action)>,
}

/// What happens to a row when its parent is deleted softly.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Cascade,
    Restrict,
    Keep,
    HideWithParent,
}

const ACTIONS: &str = "`cascade`, `restrict`, `keep` or `hide_with(parent)`";

impl Parse for Tables {
    fn parse(input: ParseStream<'_>) -> Result<Tables> {
        let krate = until_semicolon(input)?;
        let mut tables = Tables { krate, tenant: None, deleted: None, tables: Vec::new() };
        while !input.is_empty() {
            if input.peek2(Token![=]) {
                tables.setting(input)?;
            } else {
                tables.tables.push(input.parse()?);
            }
        }
        Ok(tables)
    }
}

/// The tokens before the semicolon: the path of the crate.
fn until_semicolon(input: ParseStream<'_>) -> Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.peek(Token![;]) {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    input.parse::<Token![;]>()?;
    Ok(tokens)
}

impl Tables {
    /// `tenant = business_id;`
    fn setting(&mut self, input: ParseStream<'_>) -> Result<()> {
        let name = Ident::parse_any(input)?;
        input.parse::<Token![=]>()?;
        let column: Ident = Ident::parse_any(input)?;
        input.parse::<Token![;]>()?;
        let place = match name.to_string().as_str() {
            "tenant" => &mut self.tenant,
            "deleted" => &mut self.deleted,
            _ => return Err(Error::new(name.span(), "unknown setting; there are `tenant` and `deleted`")),
        };
        match place.replace(column) {
            None => Ok(()),
            Some(_) => Err(Error::new(name.span(), format!("`{name}` is given twice"))),
        }
    }
}

impl Parse for Table {
    fn parse(input: ParseStream<'_>) -> Result<Table> {
        let attributes = input.call(Attribute::parse_outer)?;
        let first = input.call(Ident::parse_any)?;
        let is_global = first == "global" && !input.peek(syn::token::Brace);
        let name = if is_global { input.call(Ident::parse_any)? } else { first };
        let mut table =
            Table { attributes, is_global, name, columns: Vec::new(), roles: Vec::new(), keys: Vec::new() };
        if !input.peek(syn::token::Brace) {
            let message = "write the columns of the table: `{ id: i64, … }`";
            return Err(Error::new(table.name.span(), message));
        }
        let entries;
        braced!(entries in input);
        while !entries.is_empty() {
            table.entry(&entries)?;
            if !entries.is_empty() {
                entries.parse::<Token![,]>()?;
            }
        }
        Ok(table)
    }
}

impl Table {
    /// An entry of a table: a column, a role or a foreign key.
    fn entry(&mut self, input: ParseStream<'_>) -> Result<()> {
        let attributes = input.call(Attribute::parse_outer)?;
        let names = names(input)?;
        if input.peek(Token![->]) {
            self.keys.push(foreign_key(names, input)?);
        } else if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            let role = only(names)?;
            self.roles.push(Role { role, columns: self::names(input)? });
        } else if input.peek(Token![:]) {
            input.parse::<Token![:]>()?;
            let name = only(names)?;
            self.columns.push(Column { attributes, name, ty: input.parse()? });
        } else {
            let message =
                "a column is `name: Type`, a role `version = column`, a foreign key `column -> table`";
            return Err(Error::new(names[0].span(), message));
        }
        Ok(())
    }
}

/// `a` or `(a, b)`
fn names(input: ParseStream<'_>) -> Result<Vec<Ident>> {
    if !input.peek(syn::token::Paren) {
        return Ok(vec![input.call(Ident::parse_any)?]);
    }
    let inner;
    let parenthesis = parenthesized!(inner in input);
    let names: Vec<Ident> = inner.parse_terminated(Ident::parse_any, Token![,])?.into_iter().collect();
    if names.is_empty() {
        return Err(Error::new(parenthesis.span.join(), "expected the names of columns"));
    }
    Ok(names)
}

/// The only name.
fn only(mut names: Vec<Ident>) -> Result<Ident> {
    match names.pop() {
        Some(name) if names.is_empty() => Ok(name),
        Some(name) => Err(Error::new(name.span(), "expected one name")),
        None => unreachable!("there is always a name"),
    }
}

/// `-> customers (id) on soft_delete cascade`, after the columns.
fn foreign_key(columns: Vec<Ident>, input: ParseStream<'_>) -> Result<ForeignKey> {
    input.parse::<Token![->]>()?;
    let parent = input.call(Ident::parse_any)?;
    let parent_columns = if input.peek(syn::token::Paren) { Some(names(input)?) } else { None };
    let mut key = ForeignKey { columns, parent, parent_columns, on_soft_delete: None };
    if !input.is_empty() && !input.peek(Token![,]) {
        word("on", input)?;
        word("soft_delete", input)?;
        key.on_soft_delete = Some(action(input)?);
    }
    Ok(key)
}

/// A word of the grammar that is not a keyword of Rust.
fn word(expected: &str, input: ParseStream<'_>) -> Result<()> {
    let found = input.call(Ident::parse_any)?;
    if found == expected { Ok(()) } else { Err(Error::new(found.span(), format!("expected `{expected}`"))) }
}

/// The action after `on soft_delete`.
fn action(input: ParseStream<'_>) -> Result<(Ident, Action)> {
    let name = input.call(Ident::parse_any)?;
    let action = match name.to_string().as_str() {
        "cascade" => Action::Cascade,
        "restrict" => Action::Restrict,
        "keep" => Action::Keep,
        "hide_with" => {
            let inner;
            parenthesized!(inner in input);
            word("parent", &inner)?;
            Action::HideWithParent
        }
        _ => return Err(Error::new(name.span(), format!("expected {ACTIONS}"))),
    };
    Ok((name, action))
}
