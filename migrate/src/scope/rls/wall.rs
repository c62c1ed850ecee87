//! The predicates that are known to restrict a row to the tenant that asks.
//!
//! What comes in is a [`Tenancy`]; what goes out are texts as PostgreSQL prints predicates, such as
//! `({column} = (NULLIF(current_setting({setting}::text, true), ''::text))::uuid)`, with which the catalog's query
//! compares each policy.

use super::{ColumnType, Tenancy};

/// The predicates, as the server prints them. `{column}` and `{setting}` stand for what the query quotes itself.
///
/// Only these count as protection. Any other text of a policy may be open somewhere: by an OR, by another setting, by
/// a function. So the list holds what [`scripts`](super::scripts) writes, and what is usually written by hand and
/// fails, instead of showing a row, if no tenant is set.
pub(super) fn predicates(tenancy: &Tenancy) -> Vec<String> {
    let cast = |value: &str| match tenancy.column_type {
        ColumnType::Text => value.to_owned(),
        other => format!("({value})::{other}"),
    };
    let nullif = cast("NULLIF(current_setting({setting}::text, true), ''::text)");
    let mut values = vec![(nullif, "\"nullif\"")];
    // An empty text is a tenant like any other. No number and no UUID is empty.
    if tenancy.column_type != ColumnType::Text {
        values.push((cast("current_setting({setting}::text, true)"), "current_setting"));
        values.push((cast("current_setting({setting}::text)"), "current_setting"));
    }
    // A `varchar` is compared as text, and a domain as its base type. No other type loses anything when it becomes a
    // UUID; a number may be rounded.
    let columns: &[&str] = match tenancy.column_type {
        ColumnType::Text => &["{column}", "({column})::text"],
        ColumnType::Uuid => &["{column}", "({column})::uuid"],
        _ => &["{column}"],
    };
    let mut predicates = Vec::new();
    for column in columns {
        for (value, name) in &values {
            predicates.push(format!("({column} = {value})"));
            predicates.push(format!("({column} = ( SELECT {value} AS {name}))"));
        }
    }
    predicates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_generated_is_a_wall_and_an_empty_text_is_none() {
        let uuid = predicates(&Tenancy::default());
        assert_eq!(
            uuid[1],
            "({column} = ( SELECT (NULLIF(current_setting({setting}::text, true), ''::text))::uuid AS \"nullif\"))"
        );
        assert_eq!(uuid.len(), 12);
        let text = predicates(&Tenancy::new("tenant", ColumnType::Text));
        assert!(text.iter().all(|predicate| predicate.contains("NULLIF")), "{text:#?}");
    }
}
