//! What is defined and is no table: views, triggers, policies, functions, types, domains.

use squawk_parser::SyntaxKind::*;

use super::expression::{expression, text};
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
        security_invoker: security_invoker(node).is_some_and(|option| !super::vacuum::is_off(option)),
    })
}

/// `WITH (security_invoker)`, `WITH (security_invoker = true)`.
pub(super) fn security_invoker(node: Node<'_>) -> Option<Node<'_>> {
    let options = node.find(ATTRIBUTE_LIST)?;
    options.each(ATTRIBUTE_OPTION).find(|option| {
        option.child(ATTRIBUTE_NAME).is_some_and(|name| name.text().eq_ignore_ascii_case("security_invoker"))
    })
}

pub(super) fn refresh(node: Node<'_>) -> Option<Refresh> {
    Some(Refresh { name: name(node.child(VIEW_REF)?)?, concurrently: node.has(CONCURRENTLY_KW) })
}

/// The table behind ON.
pub(super) fn table(node: Node<'_>) -> Option<Name> {
    let clause = node.nodes().find(|child| matches!(child.kind(), ON_RELATION | ON_TABLE | RULE_ON))?;
    name(clause.nodes().find(|child| matches!(child.kind(), RELATION_NAME_REF | TABLE_NAME_REF))?)
}

pub(super) fn create_trigger(node: Node<'_>) -> Option<CreateTrigger> {
    Some(CreateTrigger { name: last(node.child(TRIGGER)?)?, table: table(node)? })
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

/// What only types can be altered by.
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

pub(super) fn create_domain(node: Node<'_>) -> Option<CreateDomain> {
    Some(CreateDomain {
        name: name(node.child(DOMAIN)?)?,
        base: type_in(node)?,
        not_null: node.has(NOT_NULL_CONSTRAINT),
        checks: node.each(CHECK_CONSTRAINT).count(),
        has_default: node.has(DEFAULT_CONSTRAINT),
    })
}

/// What only domains can be altered by.
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
