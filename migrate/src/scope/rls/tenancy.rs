//! How the database knows whose a row is, and who asks.
//!
//! What comes in are a column and its type; what goes out is an SQL expression,
//! `nullif(current_setting('app.business_id', true), '')::uuid`, on which policies and defaults are built.

use std::fmt;

use super::name::literal;

/// The column that says whose a row is, and the setting that says who asks.
///
/// The default is used in the rest of the documentation: the column `business_id` of type `uuid`, and the setting
/// `app.business_id`.
///
/// ```
/// use migrate::scope::rls::{ColumnType, Tenancy};
///
/// assert_eq!(Tenancy::default(), Tenancy::new("business_id", ColumnType::Uuid));
/// let ours = Tenancy::new("tenant", ColumnType::BigInt).setting("shop.tenant");
/// assert_eq!(ours.current(), "nullif(current_setting('shop.tenant', true), '')::bigint");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenancy {
    pub(crate) column: String,
    pub(crate) column_type: ColumnType,
    pub(crate) setting: String,
}

/// The type of the tenant column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColumnType {
    /// `uuid`
    Uuid,
    /// `bigint`
    BigInt,
    /// `integer`
    Integer,
    /// `text`
    Text,
}

impl Tenancy {
    /// A tenant column. The setting is `app.` and the name of the column.
    pub fn new(column: &str, column_type: ColumnType) -> Tenancy {
        Tenancy { column: column.to_owned(), column_type, setting: format!("app.{column}") }
    }

    /// Names the setting. PostgreSQL requires two words with a dot between them ([manual,
    /// 20.16](https://www.postgresql.org/docs/current/runtime-config-custom.html)).
    #[must_use]
    pub fn setting(mut self, setting: &str) -> Tenancy {
        setting.clone_into(&mut self.setting);
        self
    }

    /// The SQL expression for the tenant that asks, or NULL.
    ///
    /// The argument `true` makes a setting that was never set NULL instead of an error. A setting that an earlier
    /// transaction of the session has set is an empty string afterwards, hence `nullif`.
    pub fn current(&self) -> String {
        format!("nullif(current_setting({}, true), '')::{}", literal(&self.setting), self.column_type)
    }
}

impl Default for Tenancy {
    fn default() -> Tenancy {
        Tenancy::new("business_id", ColumnType::Uuid)
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ColumnType::Uuid => "uuid",
            ColumnType::BigInt => "bigint",
            ColumnType::Integer => "integer",
            ColumnType::Text => "text",
        })
    }
}
