use std::fmt;

use super::name::literal;

/// Which column says whose a row is, and which setting says who asks.
///
/// The default is what the rest of the documentation speaks of: the column `business_id` of type `uuid`, and the
/// setting `app.business_id`.
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
    /// A tenant column; the setting is `app.` and its name.
    pub fn new(column: &str, column_type: ColumnType) -> Tenancy {
        Tenancy { column: column.to_owned(), column_type, setting: format!("app.{column}") }
    }

    /// Names the setting. PostgreSQL wants two words with a dot between them
    /// ([manual, 20.16](https://www.postgresql.org/docs/current/runtime-config-custom.html)).
    #[must_use]
    pub fn setting(mut self, setting: &str) -> Tenancy {
        setting.clone_into(&mut self.setting);
        self
    }

    /// The expression for the tenant that asks, or NULL.
    ///
    /// A setting that was never set is NULL here only because of `true`. One that was set in an earlier
    /// transaction of the session is an empty string afterwards, hence `nullif`.
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
