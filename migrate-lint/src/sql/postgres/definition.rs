//! Definitions of objects that are not tables: views, triggers, policies, functions, types, domains.
//!
//! `CREATE VIEW v WITH (security_invoker) AS SELECT …` becomes a `CreateView` with `security_invoker: true`; what
//! the view reads is in the statement.

use squawk_parser::SyntaxKind::*;

use super::body;
use super::expression::{calls, expression, text};
use super::name::{last, name, string};
use super::tree::Node;
use super::types::type_in;
use crate::sql::{
    AlterDomain, AlterPolicy, AlterType, CreateDomain, CreateFunction, CreatePolicy, CreateTrigger,
    CreateType, CreateView, Expression, Kind, Name, Refresh, TypeDefinition,
};

pub(super) fn create_view(node: Node<'_>) -> Option<CreateView> {
    Some(CreateView {
        name: name(node.child(VIEW)?)?,
        materialized: node.kind() == CREATE_MATERIALIZED_VIEW,
        temporary: node.has(TEMP),
        or_replace: node.has(OR_REPLACE),
        if_not_exists: node.has(IF_NOT_EXISTS),
        security_invoker: security_invoker(node).is_some_and(|option| !super::vacuum::is_off(option)),
    })
}

/// The option in `WITH (security_invoker)` or `WITH (security_invoker = true)`.
pub(super) fn security_invoker(node: Node<'_>) -> Option<Node<'_>> {
    let options = node.find(ATTRIBUTE_LIST)?;
    options.each(ATTRIBUTE_OPTION).find(|option| {
        option.child(ATTRIBUTE_NAME).is_some_and(|name| name.text().eq_ignore_ascii_case("security_invoker"))
    })
}

pub(super) fn refresh(node: Node<'_>) -> Option<Refresh> {
    Some(Refresh { name: name(node.child(VIEW_REF)?)?, concurrently: node.has(CONCURRENTLY_KW) })
}

/// The table after ON.
pub(super) fn table(node: Node<'_>) -> Option<Name> {
    let clause = node.nodes().find(|child| matches!(child.kind(), ON_RELATION | ON_TABLE | RULE_ON))?;
    name(clause.nodes().find(|child| matches!(child.kind(), RELATION_NAME_REF | TABLE_NAME_REF))?)
}

pub(super) fn create_trigger(node: Node<'_>) -> Option<CreateTrigger> {
    Some(CreateTrigger {
        name: last(node.child(TRIGGER)?)?,
        table: table(node)?,
        function: node.child(CALL_EXPR).and_then(|call| calls(call).into_iter().next()),
        uses: Vec::new(),
    })
}

pub(super) fn create_policy(node: Node<'_>) -> Option<CreatePolicy> {
    let restrictive = node.child(AS_POLICY_TYPE).map(text);
    Some(CreatePolicy {
        name: last(node.child(POLICY)?)?,
        table: table(node)?,
        restrictive: restrictive.is_some_and(|clause| clause.to_ascii_lowercase().ends_with("restrictive")),
        using: condition(node.child(USING_EXPR_CLAUSE)),
        with_check: condition(node.child(WITH_CHECK_EXPR_CLAUSE)),
    })
}

pub(super) fn alter_policy(node: Node<'_>) -> Option<AlterPolicy> {
    let change = node.child(ALTER_POLICY_TO);
    Some(AlterPolicy {
        name: last(node.child(POLICY_REF)?)?,
        table: table(node)?,
        using: condition(change.and_then(|change| change.child(USING_EXPR_CLAUSE))),
        with_check: condition(change.and_then(|change| change.child(WITH_CHECK_EXPR_CLAUSE))),
    })
}

fn condition(clause: Option<Node<'_>>) -> Option<Expression> {
    clause?.nodes().next().map(expression)
}

/// CREATE FUNCTION or PROCEDURE. Without IMMUTABLE or STABLE it is volatile.
pub(super) fn create_function(node: Node<'_>) -> Option<CreateFunction> {
    let procedure = node.kind() == CREATE_PROCEDURE;
    let options = node.child(FUNC_OPTION_LIST);
    let has = |kind| options.is_some_and(|options| options.has(kind));
    Some(CreateFunction {
        name: name(node.child(if procedure { PROCEDURE_NAME } else { FUNCTION_NAME })?)?,
        procedure,
        or_replace: node.has(OR_REPLACE),
        security_definer: has(SECURITY_DEFINER_FUNC_OPTION),
        is_volatile: !has(IMMUTABLE) && !has(STABLE),
        is_trigger: node.child(RET_TYPE).and_then(type_in).is_some_and(|returned| {
            returned.name.is_builtin("trigger") || returned.name.is_builtin("event_trigger")
        }),
        body: body::text(node).filter(|_| !has(SET_FUNC_OPTION)),
    })
}

pub(super) fn create_type(node: Node<'_>) -> Option<CreateType> {
    let values = |definition: Node<'_>| {
        let variants = definition.child(VARIANT_LIST);
        variants.into_iter().flat_map(|variants| variants.each(VARIANT)).filter_map(string).collect()
    };
    Some(CreateType {
        name: name(node.child(TYPE_NAME)?)?,
        definition: match node.nodes().find(|child| child.kind() != TYPE_NAME) {
            Some(definition) if definition.kind() == ENUM_TYPE => TypeDefinition::Enum(values(definition)),
            Some(definition) if definition.kind() == COMPOSITE_TYPE => TypeDefinition::Composite,
            _ => TypeDefinition::Other,
        },
    })
}

/// The changes that only ALTER TYPE has.
pub(super) fn alter_type(node: Node<'_>) -> Option<Kind> {
    let name = name(node.child(TYPE_NAME_REF)?)?;
    let change = node.nodes().nth(1)?;
    Some(match change.kind() {
        ADD_VALUE => Kind::AlterType(AlterType::AddValue { name, value: string(change.child(LITERAL)?)? }),
        RENAME_VALUE => {
            let mut labels = change.each(LITERAL).filter_map(string);
            Kind::AlterType(AlterType::RenameValue { name, from: labels.next()?, to: labels.next()? })
        }
        ALTER_TYPE_ATTRIBUTE_ACTION_LIST | RENAME_ATTRIBUTE => {
            Kind::AlterType(AlterType::Attributes { name })
        }
        SET_OPTIONS => Kind::Harmless,
        _ => return None,
    })
}

/// CREATE DOMAIN. Of its checks only the number is kept.
pub(super) fn create_domain(node: Node<'_>) -> Option<CreateDomain> {
    Some(CreateDomain {
        name: name(node.child(DOMAIN)?)?,
        base: type_in(node)?,
        not_null: node.has(NOT_NULL_CONSTRAINT),
        checks: node.each(CHECK_CONSTRAINT).count(),
        has_default: node.has(DEFAULT_CONSTRAINT),
    })
}

/// The changes that only ALTER DOMAIN has.
pub(super) fn alter_domain(node: Node<'_>) -> Option<Kind> {
    let name = name(node.child(DOMAIN_REF)?)?;
    let change = node.nodes().nth(1)?;
    Some(Kind::AlterDomain(match change.kind() {
        ADD_CONSTRAINT if change.find(NOT_NULL_CONSTRAINT).is_some() => AlterDomain::SetNotNull { name },
        ADD_CONSTRAINT => AlterDomain::AddConstraint { name, not_valid: change.find(NOT_VALID).is_some() },
        SET_NOT_NULL => AlterDomain::SetNotNull { name },
        VALIDATE_CONSTRAINT => AlterDomain::ValidateConstraint { name },
        DROP_CONSTRAINT | DROP_NOT_NULL | DROP_DEFAULT | SET_DEFAULT | RENAME_CONSTRAINT => {
            AlterDomain::Relax { name }
        }
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::postgres::testing::kind;
    use crate::sql::{ObjectKind, Type};

    fn s(name: &str) -> Name {
        Name::qualified("s", name)
    }

    #[test]
    fn views() {
        let view = CreateView {
            name: s("v"),
            materialized: false,
            temporary: false,
            or_replace: false,
            if_not_exists: false,
            security_invoker: false,
        };
        let cases = [
            ("CREATE VIEW s.v AS SELECT 1", view.clone()),
            ("CREATE OR REPLACE VIEW s.v AS SELECT 1", CreateView { or_replace: true, ..view.clone() }),
            (
                "CREATE VIEW s.v WITH (security_invoker = true) AS SELECT 1",
                CreateView { security_invoker: true, ..view.clone() },
            ),
            (
                "CREATE VIEW s.v WITH (security_barrier, SECURITY_INVOKER) AS SELECT 1",
                CreateView { security_invoker: true, ..view.clone() },
            ),
            ("CREATE VIEW s.v WITH (security_invoker = off) AS SELECT 1", view.clone()),
            (
                "CREATE MATERIALIZED VIEW s.v AS SELECT 1 WITH NO DATA",
                CreateView { materialized: true, ..view.clone() },
            ),
        ];
        for (sql, want) in cases {
            assert_eq!(kind(sql), Kind::CreateView(want), "{sql}");
        }
        assert!(matches!(kind("CREATE TEMP VIEW v AS SELECT 1"), Kind::CreateView(view) if view.temporary));
        for (sql, concurrently) in [
            ("REFRESH MATERIALIZED VIEW s.v", false),
            ("REFRESH MATERIALIZED VIEW CONCURRENTLY s.v WITH DATA", true),
        ] {
            assert_eq!(kind(sql), Kind::Refresh(Refresh { name: s("v"), concurrently }), "{sql}");
        }
    }

    #[test]
    fn triggers_rules_and_policies() {
        let trigger = Kind::CreateTrigger(CreateTrigger {
            name: "a".to_owned(),
            table: s("t"),
            function: Some(Name::new("f")),
            uses: Vec::new(),
        });
        let sql = "CREATE CONSTRAINT TRIGGER a AFTER INSERT ON s.t FOR EACH ROW WHEN (g(new.b)) EXECUTE FUNCTION f()";
        let statement = crate::sql::postgres::testing::statement(sql);
        assert_eq!(statement.kind, trigger);
        assert_eq!(statement.calls, [Name::new("g")]);
        assert_eq!(
            kind("CREATE RULE r AS ON INSERT TO s.t DO INSTEAD NOTHING"),
            Kind::CreateRule { table: s("t") }
        );
        let sql = "CREATE POLICY a ON s.t AS RESTRICTIVE FOR ALL USING (b = 1) WITH CHECK (c)";
        let Kind::CreatePolicy(policy) = kind(sql) else { panic!() };
        assert_eq!((&policy.name[..], policy.table, policy.restrictive), ("a", s("t"), true));
        assert_eq!(policy.using.map(|condition| condition.text).as_deref(), Some("b = 1"));
        assert_eq!(policy.with_check.map(|condition| condition.text).as_deref(), Some("c"));
        let Kind::CreatePolicy(policy) = kind("CREATE POLICY a ON s.t") else { panic!() };
        assert!(!policy.restrictive && policy.using.is_none() && policy.with_check.is_none());
        let Kind::AlterPolicy(policy) = kind("ALTER POLICY a ON s.t TO public USING (true)") else {
            panic!()
        };
        assert!(
            policy.using.is_some_and(|condition| condition.is_always_true) && policy.with_check.is_none()
        );
    }

    #[test]
    fn functions() {
        let function = |options: &str| match kind(&format!(
            "CREATE FUNCTION s.f(a int) RETURNS int {options} AS 'SELECT 1' LANGUAGE sql"
        )) {
            Kind::CreateFunction(function) if function.name == s("f") => function,
            other => panic!("{other:?}"),
        };
        assert!(
            function("").is_volatile && function("VOLATILE").is_volatile && !function("").security_definer
        );
        assert!(!function("IMMUTABLE").is_volatile && !function("STABLE STRICT").is_volatile);
        assert!(function("SECURITY DEFINER").security_definer);
        let sql = "CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC DELETE FROM t; END";
        let Kind::CreateFunction(procedure) = kind(sql) else { panic!() };
        assert!(procedure.procedure && procedure.or_replace);
    }

    #[test]
    fn types_and_domains() {
        let labels = TypeDefinition::Enum(vec!["a".to_owned(), "it's".to_owned()]);
        for (sql, definition) in [
            ("CREATE TYPE s.t AS ENUM ('a', 'it''s')", labels),
            ("CREATE TYPE s.t AS ENUM ()", TypeDefinition::Enum(Vec::new())),
            ("CREATE TYPE s.t AS (a int, b text)", TypeDefinition::Composite),
            ("CREATE TYPE s.t AS RANGE (subtype = int)", TypeDefinition::Other),
            ("CREATE TYPE s.t", TypeDefinition::Other),
        ] {
            assert_eq!(kind(sql), Kind::CreateType(CreateType { name: s("t"), definition }), "{sql}");
        }
        let base = Type { modifiers: vec![5], ..Type::builtin("varchar") };
        let domain = CreateDomain { name: s("d"), base, not_null: true, checks: 2, has_default: true };
        let sql = "CREATE DOMAIN s.d AS varchar(5) DEFAULT 'a' NOT NULL CHECK (value > 'a') CONSTRAINT c CHECK (true)";
        assert_eq!(kind(sql), Kind::CreateDomain(domain));
    }

    #[test]
    fn changes_of_types_and_domains() {
        let name = || s("x");
        let alter = |change| Kind::AlterType(change);
        let domain = |change| Kind::AlterDomain(change);
        let text = str::to_owned;
        let to = |sql: &str| crate::sql::Identifier {
            name: "y".to_owned(),
            span: migrate_core::Span::new(
                u32::try_from(sql.len() - 1).unwrap(),
                u32::try_from(sql.len()).unwrap(),
            ),
        };
        let rename = "ALTER TYPE s.x RENAME TO y";
        let cases = [
            (
                "ALTER TYPE s.x ADD VALUE IF NOT EXISTS 'a' AFTER 'b'",
                alter(AlterType::AddValue { name: name(), value: text("a") }),
            ),
            (
                "ALTER TYPE s.x RENAME VALUE 'a' TO 'b'",
                alter(AlterType::RenameValue { name: name(), from: text("a"), to: text("b") }),
            ),
            (
                "ALTER TYPE s.x ADD ATTRIBUTE a int, DROP ATTRIBUTE b",
                alter(AlterType::Attributes { name: name() }),
            ),
            ("ALTER TYPE s.x RENAME ATTRIBUTE a TO b", alter(AlterType::Attributes { name: name() })),
            (rename, Kind::Rename { object: ObjectKind::Type, name: name(), table: None, to: to(rename) }),
            (
                "ALTER TYPE s.x OWNER TO a",
                Kind::Move { object: ObjectKind::Type, name: name(), schema: None },
            ),
            (
                "ALTER DOMAIN s.x SET SCHEMA a",
                Kind::Move { object: ObjectKind::Domain, name: name(), schema: Some(text("a")) },
            ),
            (
                "ALTER DOMAIN s.x ADD CHECK (value > 1)",
                domain(AlterDomain::AddConstraint { name: name(), not_valid: false }),
            ),
            (
                "ALTER DOMAIN s.x ADD CONSTRAINT c CHECK (value > 1) NOT VALID",
                domain(AlterDomain::AddConstraint { name: name(), not_valid: true }),
            ),
            ("ALTER DOMAIN s.x SET NOT NULL", domain(AlterDomain::SetNotNull { name: name() })),
            ("ALTER DOMAIN s.x ADD NOT NULL", domain(AlterDomain::SetNotNull { name: name() })),
            (
                "ALTER DOMAIN s.x VALIDATE CONSTRAINT c",
                domain(AlterDomain::ValidateConstraint { name: name() }),
            ),
            ("ALTER DOMAIN s.x DROP CONSTRAINT c", domain(AlterDomain::Relax { name: name() })),
            ("ALTER DOMAIN s.x DROP NOT NULL", domain(AlterDomain::Relax { name: name() })),
        ];
        for (sql, want) in cases {
            assert_eq!(kind(sql), want, "{sql}");
        }
    }
}
