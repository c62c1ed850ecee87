//! Objects that are not relations: schemas, sequences, triggers, policies, functions, types, domains.
//!
//! `CREATE TYPE mood AS ENUM ('ok')` adds an enum with one label; `ALTER TYPE mood ADD VALUE 'bad'` adds a label
//! with the number of the current migration, so that `enum-same-tx` finds its use in the same transaction.

use super::super::default_name::kept;
use super::super::{Domain, EnumType, Function, Label, Policy, Schema, Sequence, Trigger};
use crate::sql::{
    AlterDomain, AlterPolicy, AlterType, CreateDomain, CreateFunction, CreatePolicy, CreateTrigger,
    CreateType, Name, Type, TypeDefinition,
};

impl Schema {
    pub(super) fn create_schema(&mut self, name: &str) {
        self.schemas.insert(kept(name, self.engine));
    }

    pub(super) fn create_sequence(&mut self, name: &Name, temporary: bool) {
        let name = self.relation_name(name, temporary);
        let sequence = Sequence { name: name.clone(), owner: None, created_in: self.current };
        self.sequences.entry(name).or_insert(sequence);
    }

    /// Adds a trigger to its table.
    pub(super) fn create_trigger(&mut self, create: &CreateTrigger) {
        let table = self.resolve(&create.table);
        // Views can have triggers too, but no rule asks for those.
        if !self.views.contains_key(&table) {
            let function = create.function.as_ref().and_then(|name| self.resolve_function_name(name));
            let uses = create.uses.iter().map(|used| self.resolve(used)).collect();
            let triggers = &mut self.table_entry(&table).triggers;
            if !triggers.iter().any(|known| known.name == create.name) {
                triggers.push(Trigger { name: create.name.clone(), function, uses });
            }
        }
    }

    /// Adds a policy to its table.
    pub(super) fn create_policy(&mut self, create: &CreatePolicy) {
        let table = self.resolve(&create.table);
        self.table_entry(&table).policies.push(Policy {
            name: create.name.clone(),
            restrictive: create.restrictive,
            using: create.using.clone(),
            with_check: create.with_check.clone(),
        });
    }

    /// Changes the conditions of a policy. A condition that is not named stays.
    pub(super) fn alter_policy(&mut self, alter: &AlterPolicy) {
        let table = self.resolve(&alter.table);
        let Some(table) = self.tables.get_mut(&table) else { return };
        let Some(policy) = table.policies.iter_mut().find(|policy| policy.name == alter.name) else { return };
        if alter.using.is_some() {
            policy.using.clone_from(&alter.using);
        }
        if alter.with_check.is_some() {
            policy.with_check.clone_from(&alter.with_check);
        }
    }

    /// Adds a function. Several may have one name, and CREATE OR REPLACE does not show which of them it replaces, so the
    /// worst of their properties is kept.
    pub(super) fn create_function(&mut self, create: &CreateFunction) {
        let name = self.creation_name(&create.name, false);
        let function = self.functions.entry(name.clone()).or_insert_with(|| Function {
            name,
            is_volatile: false,
            security_definer: false,
            is_trigger: true,
            bodies: Some(Vec::new()),
            created_in: self.current,
        });
        function.is_volatile |= create.is_volatile;
        function.security_definer |= create.security_definer;
        function.is_trigger &= create.is_trigger;
        match (&mut function.bodies, &create.body) {
            (Some(bodies), Some(body)) => bodies.push(body.clone()),
            (bodies, _) => *bodies = None,
        }
    }

    /// Adds a type. Of an enum the values are kept, of other types only the name.
    pub(super) fn create_type(&mut self, create: &CreateType) {
        let name = self.creation_name(&create.name, false);
        match &create.definition {
            TypeDefinition::Enum(values) => {
                let labels =
                    values.iter().map(|value| Label { value: value.clone(), created_in: 0 }).collect();
                self.enums.insert(name.clone(), EnumType { name, labels, created_in: self.current });
            }
            TypeDefinition::Composite | TypeDefinition::Other => drop(self.other_types.insert(name)),
        }
    }

    /// Adds or renames a value of an enum. A value of an unknown enum is kept until the script ends, for
    /// `enum-same-tx`.
    pub(super) fn alter_type(&mut self, alter: &AlterType) {
        let (AlterType::AddValue { name, .. }
        | AlterType::RenameValue { name, .. }
        | AlterType::Attributes { name }) = alter;
        let resolved = self.resolve_type_name(name);
        let Some(known) = resolved.and_then(|name| self.enums.get_mut(&name)) else {
            if let AlterType::AddValue { name, value } = alter {
                self.foreign_labels.push((name.clone(), value.clone()));
            }
            return;
        };
        match alter {
            AlterType::AddValue { value, .. } => {
                if !known.labels.iter().any(|label| label.value == *value) {
                    known.labels.push(Label { value: value.clone(), created_in: self.current });
                }
            }
            AlterType::RenameValue { from, to, .. } => {
                let renamed = known.labels.iter_mut().filter(|label| label.value == *from);
                renamed.for_each(|label| label.value.clone_from(to));
            }
            AlterType::Attributes { .. } => {}
        }
    }

    /// Adds a domain.
    pub(super) fn create_domain(&mut self, create: &CreateDomain) {
        let name = self.creation_name(&create.name, false);
        let domain = Domain {
            name: name.clone(),
            base: self.resolve_type(&create.base),
            is_constrained: create.not_null || create.checks > 0,
            has_default: create.has_default,
            created_in: self.current,
        };
        self.domains.insert(name, domain);
    }

    /// Notes that a domain has a constraint. DROP CONSTRAINT is ignored, because the domain may have another one.
    pub(super) fn alter_domain(&mut self, alter: &AlterDomain) {
        let (AlterDomain::AddConstraint { name, .. } | AlterDomain::SetNotNull { name }) = alter else {
            return;
        };
        let Some(name) = self.resolve_type_name(name) else { return };
        if let Some(domain) = self.domains.get_mut(&name) {
            domain.is_constrained = true;
        }
    }

    /// The type with its schema, if a migration created it.
    pub(crate) fn resolve_type(&self, data_type: &Type) -> Type {
        let name = self.resolve_type_name(&data_type.name).unwrap_or_else(|| data_type.name.clone());
        Type { name, ..data_type.clone() }
    }

    /// The full name of a type that a migration created.
    pub(in crate::schema) fn resolve_type_name(&self, name: &Name) -> Option<Name> {
        self.path_of(name).find(|name| {
            self.domains.contains_key(name)
                || self.enums.contains_key(name)
                || self.other_types.contains(name)
        })
    }

    /// The full name of a function that a migration created.
    pub(super) fn resolve_function_name(&self, name: &Name) -> Option<Name> {
        self.path_of(name).find(|name| self.functions.contains_key(name))
    }
}
