//! ALTER TABLE, and ALTER of other relations, whose actions are the same nodes to the parser.
//!
//! `ALTER TABLE t ALTER a SET NOT NULL` becomes one change, `AlterColumn` with `SetNotNull`. An action without a
//! case here becomes `Other` with its text, which the rules report as `unanalyzed`.

use squawk_parser::SyntaxKind::*;

use super::expression::{expression_in, text};
use super::name::{identifier, last, name};
use super::table::{bound, column, constraint};
use super::tree::Node;
use super::types::type_in;
use crate::sql::{AlterTable, Change, ChangeAction, ColumnChange, ObjectKind, PartitionBound};

/// The statement, or `None` if it names no relation.
pub(super) fn alter_table(node: Node<'_>, kind: ObjectKind) -> Option<AlterTable> {
    let is_name =
        |child: &Node<'_>| matches!(child.kind(), TABLE_RELATION_NAME | INDEX_REF | VIEW_REF | SEQUENCE_REF);
    let relation = node.nodes().find(is_name)?;
    let actions = node.nodes().filter(|child| child.kind() != IF_EXISTS && !is_name(child));
    Some(AlterTable {
        kind,
        name: name(relation)?,
        if_exists: node.has(IF_EXISTS),
        changes: actions.map(|child| Change { span: child.span(), action: action(child) }).collect(),
    })
}

fn action(node: Node<'_>) -> ChangeAction {
    known_action(node).unwrap_or_else(|| ChangeAction::Other(text(node)))
}

/// The action, or `None` if no rule knows it.
fn known_action(node: Node<'_>) -> Option<ChangeAction> {
    let (if_exists, cascade) = (node.has(IF_EXISTS), node.has(CASCADE));
    Some(match node.kind() {
        ADD_COLUMN => ChangeAction::AddColumn {
            column: Box::new(column(node)?),
            if_not_exists: node.has(IF_NOT_EXISTS),
        },
        DROP_COLUMN => {
            ChangeAction::DropColumn { column: last(node.child(COLUMN_NAME_REF)?)?, if_exists, cascade }
        }
        ALTER_COLUMN | ALTER_VIEW_COLUMN => alter_column(node)?,
        ADD_CONSTRAINT => {
            ChangeAction::AddConstraint(node.nodes().find_map(|child| constraint(child, None))?)
        }
        DROP_CONSTRAINT => {
            ChangeAction::DropConstraint { name: last(node.child(CONSTRAINT_NAME_REF)?)?, if_exists, cascade }
        }
        VALIDATE_CONSTRAINT => {
            ChangeAction::ValidateConstraint { name: last(node.child(CONSTRAINT_NAME_REF)?)? }
        }
        ALTER_CONSTRAINT => set_deferrable(node)?,
        RENAME_COLUMN => ChangeAction::RenameColumn {
            from: last(node.child(COLUMN_NAME_REF)?)?,
            to: identifier(node.child(COLUMN_NAME)?)?,
        },
        RENAME_CONSTRAINT => ChangeAction::RenameConstraint {
            from: last(node.child(CONSTRAINT_NAME_REF)?)?,
            to: identifier(node.child(CONSTRAINT_NAME)?)?,
        },
        TABLE_RENAME_TO | INDEX_RENAME_TO | VIEW_RENAME_TO | SEQUENCE_RENAME_TO => {
            ChangeAction::RenameTo(identifier(node.nodes().next()?)?)
        }
        SET_SCHEMA => ChangeAction::SetSchema(last(node.child(SCHEMA_REF)?)?),
        OWNER_TO => ChangeAction::OwnerTo(last(node.child(ROLE_REF)?)?),
        ATTACH_PARTITION => ChangeAction::AttachPartition {
            partition: name(node.child(TABLE_NAME_REF)?)?,
            bound: bound(node),
        },
        ATTACH_INDEX_PARTITION => ChangeAction::AttachPartition {
            partition: name(node.child(INDEX_REF)?)?,
            bound: PartitionBound::Values(String::new()),
        },
        DETACH_PARTITION => ChangeAction::DetachPartition {
            partition: name(node.child(TABLE_NAME_REF)?)?,
            concurrently: node.has(DETACH_CONCURRENTLY) || node.has(DETACH_FINALIZE),
        },
        INHERIT_TABLE => ChangeAction::Inherit(name(node.child(TABLE_NAME_REF)?)?),
        NO_INHERIT_TABLE => ChangeAction::NoInherit(name(node.child(TABLE_NAME_REF)?)?),
        _ => return plain_action(node),
    })
}

/// ALTER CONSTRAINT, or `None` if it changes more than when a foreign key is checked.
fn set_deferrable(node: Node<'_>) -> Option<ChangeAction> {
    let mut options = node.nodes().filter(|child| child.kind() != CONSTRAINT_NAME_REF).peekable();
    options.peek()?;
    let is_about_time = |option: Node<'_>| {
        matches!(
            option.kind(),
            DEFERRABLE_CONSTRAINT_OPTION
                | NOT_DEFERRABLE_CONSTRAINT_OPTION
                | INITIALLY_DEFERRED_CONSTRAINT_OPTION
                | INITIALLY_IMMEDIATE_CONSTRAINT_OPTION
        )
    };
    let deferred = node.has(INITIALLY_DEFERRED_CONSTRAINT_OPTION);
    options.all(is_about_time).then_some(ChangeAction::SetDeferrable {
        name: last(node.child(CONSTRAINT_NAME_REF)?)?,
        deferrable: deferred || node.has(DEFERRABLE_CONSTRAINT_OPTION),
        deferred,
    })
}

/// Actions without a name in them, or with none that a rule needs.
fn plain_action(node: Node<'_>) -> Option<ChangeAction> {
    Some(match node.kind() {
        ENABLE_RLS => ChangeAction::EnableRowSecurity,
        DISABLE_RLS => ChangeAction::DisableRowSecurity,
        FORCE_RLS => ChangeAction::ForceRowSecurity,
        NO_FORCE_RLS => ChangeAction::NoForceRowSecurity,
        ENABLE_TRIGGER
        | DISABLE_TRIGGER
        | ENABLE_ALWAYS_TRIGGER
        | ENABLE_REPLICA_TRIGGER
        | ENABLE_RULE
        | DISABLE_RULE
        | ENABLE_ALWAYS_RULE
        | ENABLE_REPLICA_RULE => ChangeAction::SetTrigger,
        SET_LOGGED | OPTION_LOGGED => ChangeAction::SetLogged,
        SET_UNLOGGED | OPTION_UNLOGGED => ChangeAction::SetUnlogged,
        SET_TABLESPACE => ChangeAction::SetTablespace,
        SET_ACCESS_METHOD => ChangeAction::SetAccessMethod,
        REPLICA_IDENTITY => ChangeAction::ReplicaIdentity,
        SET_OPTIONS
        | RESET_OPTIONS
        | CLUSTER_ON
        | SET_WITHOUT_CLUSTER
        | ALTER_SET_STATISTICS
        | DEPENDS_ON_EXTENSION
        | NO_DEPENDS_ON_EXTENSION => ChangeAction::SetOptions,
        _ => return None,
    })
}

fn alter_column(node: Node<'_>) -> Option<ChangeAction> {
    let column = last(node.child(COLUMN_NAME_REF)?)?;
    let change = node.nodes().find(|child| child.kind() != COLUMN_NAME_REF)?;
    Some(ChangeAction::AlterColumn {
        column,
        change: column_change(change).unwrap_or_else(|| ColumnChange::Other(text(change))),
    })
}

/// The change of a column, or `None` if no rule knows it.
fn column_change(node: Node<'_>) -> Option<ColumnChange> {
    Some(match node.kind() {
        SET_TYPE => ColumnChange::Type {
            to: type_in(node)?,
            using: node.child(USING_EXPR).and_then(expression_in),
            collation: node.child(COLLATE).and_then(|collate| last(collate.child(COLLATION_REF)?)),
        },
        SET_NOT_NULL => ColumnChange::SetNotNull,
        DROP_NOT_NULL => ColumnChange::DropNotNull,
        SET_DEFAULT => ColumnChange::SetDefault(expression_in(node)?),
        DROP_DEFAULT => ColumnChange::DropDefault,
        ADD_GENERATED => ColumnChange::AddIdentity,
        DROP_IDENTITY => ColumnChange::DropIdentity,
        SET_GENERATED_OPTIONS if node.has(RESTART) => ColumnChange::RestartIdentity,
        SET_GENERATED_OPTIONS if !node.has(SET_GENERATED) => ColumnChange::SetOptions,
        RESTART => ColumnChange::RestartIdentity,
        SET_GENERATED_OPTIONS if node.has(RESTART) => ColumnChange::RestartIdentity,
        DROP_EXPRESSION => ColumnChange::DropExpression,
        SET_STORAGE => ColumnChange::SetStorage,
        SET_STATISTICS | SET_OPTIONS | RESET_OPTIONS | SET_COMPRESSION => ColumnChange::SetOptions,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::postgres::testing::kind;
    use crate::sql::{ConstraintKind, Expression, Identifier, Kind, Name};

    #[track_caller]
    fn altered(sql: &str) -> AlterTable {
        let Kind::AlterTable(alter) = kind(sql) else { panic!("{sql}") };
        alter
    }

    #[track_caller]
    fn action_of(sql: &str) -> ChangeAction {
        let alter = altered(&format!("ALTER TABLE t {sql}"));
        alter.changes.into_iter().next().expect(sql).action
    }

    #[test]
    fn every_sort_of_relation() {
        let cases = [
            ("ALTER TABLE IF EXISTS ONLY s.r RENAME TO x", ObjectKind::Table, true),
            ("ALTER TABLE s.r * RENAME TO x", ObjectKind::Table, false),
            ("ALTER FOREIGN TABLE s.r RENAME TO x", ObjectKind::ForeignTable, false),
            ("ALTER VIEW IF EXISTS s.r RENAME TO x", ObjectKind::View, true),
            ("ALTER MATERIALIZED VIEW s.r RENAME TO x", ObjectKind::MaterializedView, false),
            ("ALTER INDEX s.r RENAME TO x", ObjectKind::Index, false),
            ("ALTER SEQUENCE s.r RENAME TO x", ObjectKind::Sequence, false),
        ];
        for (sql, kind, if_exists) in cases {
            let alter = altered(sql);
            assert_eq!((alter.kind, alter.if_exists), (kind, if_exists), "{sql}");
            assert_eq!(alter.name, Name::qualified("s", "r"), "{sql}");
            let [change] = &alter.changes[..] else { panic!("{sql}") };
            assert!(matches!(&change.action, ChangeAction::RenameTo(to) if to.name == "x"), "{sql}");
        }
    }

    #[test]
    fn each_action_has_its_place() {
        let sql = "ALTER TABLE t ADD a int NOT NULL, DROP COLUMN b CASCADE , OWNER TO c";
        let spans: Vec<_> = altered(sql).changes.iter().map(|change| change.span.of(sql)).collect();
        assert_eq!(spans, ["ADD a int NOT NULL", "DROP COLUMN b CASCADE", "OWNER TO c"]);
    }

    #[test]
    fn actions() {
        use ChangeAction::*;
        let to = |name: &str, start| Identifier {
            name: name.to_owned(),
            span: migrate_core::Span::new(start, start + 1),
        };
        let a = || "a".to_owned();
        let cases = [
            ("DROP a", DropColumn { column: a(), if_exists: false, cascade: false }),
            ("DROP COLUMN IF EXISTS a CASCADE", DropColumn { column: a(), if_exists: true, cascade: true }),
            ("DROP CONSTRAINT IF EXISTS a", DropConstraint { name: a(), if_exists: true, cascade: false }),
            ("VALIDATE CONSTRAINT a", ValidateConstraint { name: a() }),
            ("RENAME a TO b", RenameColumn { from: a(), to: to("b", 26) }),
            ("RENAME CONSTRAINT a TO b", RenameConstraint { from: a(), to: to("b", 37) }),
            ("SET SCHEMA a", SetSchema(a())),
            ("OWNER TO a", OwnerTo(a())),
            (
                "ATTACH PARTITION a DEFAULT",
                AttachPartition { partition: Name::new("a"), bound: PartitionBound::Default },
            ),
            (
                "ATTACH PARTITION s.a FOR VALUES IN (1)",
                AttachPartition {
                    partition: Name::qualified("s", "a"),
                    bound: PartitionBound::Values("FOR VALUES IN (1)".into()),
                },
            ),
            ("DETACH PARTITION a", DetachPartition { partition: Name::new("a"), concurrently: false }),
            (
                "DETACH PARTITION a CONCURRENTLY",
                DetachPartition { partition: Name::new("a"), concurrently: true },
            ),
            ("INHERIT a", Inherit(Name::new("a"))),
            ("NO INHERIT a", NoInherit(Name::new("a"))),
            ("ENABLE ROW LEVEL SECURITY", EnableRowSecurity),
            ("DISABLE ROW LEVEL SECURITY", DisableRowSecurity),
            ("FORCE ROW LEVEL SECURITY", ForceRowSecurity),
            ("NO FORCE ROW LEVEL SECURITY", NoForceRowSecurity),
            ("DISABLE TRIGGER ALL", SetTrigger),
            ("ENABLE ALWAYS RULE r", SetTrigger),
            ("SET LOGGED", SetLogged),
            ("SET UNLOGGED", SetUnlogged),
            ("SET TABLESPACE a", SetTablespace),
            ("SET ACCESS METHOD heap", SetAccessMethod),
            ("REPLICA IDENTITY USING INDEX i", ReplicaIdentity),
            ("SET (fillfactor = 70)", SetOptions),
            ("RESET (fillfactor)", SetOptions),
            ("CLUSTER ON i", SetOptions),
            ("SET WITHOUT CLUSTER", SetOptions),
            ("ALTER CONSTRAINT a DEFERRABLE", SetDeferrable { name: a(), deferrable: true, deferred: false }),
            (
                "ALTER CONSTRAINT a INITIALLY DEFERRED",
                SetDeferrable { name: a(), deferrable: true, deferred: true },
            ),
            (
                "ALTER CONSTRAINT a NOT DEFERRABLE INITIALLY IMMEDIATE",
                SetDeferrable { name: a(), deferrable: false, deferred: false },
            ),
            ("ALTER CONSTRAINT a  NO INHERIT", Other("ALTER CONSTRAINT a NO INHERIT".to_owned())),
            (
                "ALTER CONSTRAINT a DEFERRABLE ENFORCED",
                Other("ALTER CONSTRAINT a DEFERRABLE ENFORCED".to_owned()),
            ),
        ];
        for (sql, want) in cases {
            assert_eq!(action_of(sql), want, "{sql}");
        }
        assert!(matches!(
            action_of("ADD COLUMN IF NOT EXISTS a int"),
            AddColumn { column, if_not_exists: true } if column.name.name == "a"
        ));
        assert!(matches!(
            action_of("ADD PRIMARY KEY USING INDEX i"),
            AddConstraint(constraint)
                if constraint.kind == ConstraintKind::UsingIndex { index: "i".to_owned(), primary: true }
        ));
    }

    #[test]
    fn changes_of_columns() {
        use ColumnChange::*;
        let change = |sql: &str| match action_of(&format!("ALTER COLUMN a {sql}")) {
            ChangeAction::AlterColumn { column, change } if column == "a" => change,
            other => panic!("{sql}: {other:?}"),
        };
        let cases = [
            ("SET NOT NULL", SetNotNull),
            ("DROP NOT NULL", DropNotNull),
            ("DROP DEFAULT", DropDefault),
            ("ADD GENERATED ALWAYS AS IDENTITY", AddIdentity),
            ("DROP IDENTITY IF EXISTS", DropIdentity),
            ("RESTART WITH 5", RestartIdentity),
            ("SET GENERATED ALWAYS RESTART", RestartIdentity),
            ("SET GENERATED ALWAYS", Other("SET GENERATED ALWAYS".to_owned())),
            ("DROP EXPRESSION", DropExpression),
            ("SET STORAGE main", SetStorage),
            ("SET STATISTICS 5", SetOptions),
            ("SET (n_distinct = 5)", SetOptions),
            ("SET COMPRESSION lz4", SetOptions),
        ];
        for (sql, want) in cases {
            assert_eq!(change(sql), want, "{sql}");
        }
        assert!(
            matches!(change("SET DEFAULT f()"), SetDefault(Expression { calls, .. }) if calls.len() == 1)
        );
        let Type { to, using, collation } = change("SET DATA TYPE varchar(5) COLLATE s.\"C\" USING a::text")
        else {
            panic!()
        };
        assert_eq!(to, crate::sql::Type { modifiers: vec![5], ..crate::sql::Type::builtin("varchar") });
        assert_eq!(using.map(|using| using.text).as_deref(), Some("a::text"));
        assert_eq!(collation.as_deref(), Some("C"));
    }
}
