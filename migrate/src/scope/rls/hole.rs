//! The reasons why row-level security may not hold, each with what to do about it.
//!
//! What comes in is a row of the catalog's answer, `("not_forced", "\"orders\"", "shop_app")`; what goes out is a
//! [`Hole`], whose text ends with a statement that closes it: `help: ALTER TABLE "orders" FORCE ROW LEVEL SECURITY`.

use std::fmt;

/// A reason why row-level security does not hold for the role that asked.
///
/// Its text says what is open and how to close it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    pub(super) reason: Reason,
    pub(super) object: String,
    pub(super) detail: String,
}

/// The kind of a [`Hole`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The role is a superuser, to whom no policy applies (PostgreSQL manual, 5.9). The check stops here.
    Superuser,
    /// The role has `BYPASSRLS`, so no policy applies to it (manual, CREATE ROLE). The check stops here.
    BypassesRls,
    /// The role can become a role that no policy applies to, that reads the server's files or its stream of changes,
    /// or that makes roles. `SET ROLE` is one statement of plain SQL.
    MayBecome,
    /// `row_security` is off: every query that a policy would narrow fails (manual, 20.11.1).
    RowSecurityOff,
    /// The role reaches no table with the tenant column: the column has another name, or this is another database.
    NothingToProtect,
    /// Row-level security is not enabled: policies are ignored until it is (manual, CREATE POLICY).
    NotEnabled,
    /// The table belongs to the role, and its own policies do not apply to an owner unless they are forced (manual,
    /// ALTER TABLE).
    NotForced,
    /// The table belongs to the role, or to one that it can become. An owner can switch the policies off.
    Owned,
    /// No restrictive policy is known to restrict the role to its tenant, so the permissive ones decide. Only a
    /// policy that compares the tenant column with the setting, and does nothing else, is known to.
    PermissiveOnly,
    /// A table in a schema with tables of tenants has no tenant column, and is not [declared](super::Check::declared)
    /// as shared; or it is declared as a table of tenants. All roles see all of its rows.
    WithoutTenant,
    /// A declared table does not exist where its name leads.
    NotFound,
    /// The tenant column compares texts by a collation that is not deterministic, so one tenant equals another.
    LooseTenant,
    /// Row-level security does not exist for foreign tables: the other server decides.
    ForeignTable,
    /// The role may make temporary tables, which stay in the session for the next tenant. By default every role may.
    TemporaryGranted,
    /// The role may make tables, functions or schemas, which stay for all tenants. Before PostgreSQL 15 every role
    /// may in `public`.
    CreateGranted,
    /// The role may put triggers or foreign keys on the table, which stay for all tenants, and run for the statements
    /// of others.
    DefinitionGranted,
    /// The role may grant its privileges on the table to others, and those need no policy of theirs.
    GrantOption,
    /// The role may set a sequence back. The keys of all tenants then collide.
    SequenceGranted,
    /// The role may read the statistics of the planner, which hold values of all tenants, such as the most common
    /// ones.
    StatisticsGranted,
    /// Large objects are within reach, and have no row-level security.
    LargeObjects,
    /// The role can read the stream of changes, which holds the rows of all tenants and knows no policies.
    Replicates,
    /// The role can make roles, and make itself a member of others.
    CreatesRoles,
    /// The setting of the tenant has a value before the pool sets one.
    TenantPreset,
    /// A function sets another tenant while it runs.
    TenantOfFunction,
    /// A rule acts with the rights of the table's owner, to whom the policies do not apply (manual, 41.5).
    DefinerRule,
    /// A `LEAKPROOF` function may see the rows of all tenants before the policies do (manual, 41.5).
    LeakproofFunction,
    /// A foreign key is not checked, or was not checked for all rows: it may hold a reference to another tenant's
    /// row.
    ForeignKeyUnchecked,
    /// The role may `TRUNCATE`, which no policy stops (manual, 5.9).
    TruncateGranted,
    /// A view reads with the rights of its owner, to whom the policies do not apply. PostgreSQL 15 has
    /// `security_invoker` for that.
    DefinerView,
    /// A materialized view holds a copy of the rows of all tenants, and can have no policies.
    MaterializedView,
    /// A `SECURITY DEFINER` function runs with the rights of an owner to whom the policies do not apply.
    DefinerFunction,
    /// A partition, or another child, can be addressed directly, past the policies of its parent (manual, 5.9).
    BarePartition,
    /// A foreign key accepts the row of another tenant: the server checks it past all policies.
    ForeignKeyWithoutTenant,
    /// A unique index refuses a value that another tenant has, and so reveals it.
    UniqueWithoutTenant,
    /// No index begins with the tenant column. That is not open, but slow: each query reads the rows of all tenants.
    NoTenantIndex,
    /// The tenant column accepts NULL: such a row has no owner, and its foreign keys are not checked.
    NullableTenant,
    /// Rows were shown before a tenant was set, without a tenant, or to a tenant that does not exist.
    VisibleRows,
    /// A row was accepted for another tenant than the one that was set.
    ForeignInsert,
}

impl Hole {
    /// The kind of hole.
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// What has the hole: the name of a table, view, function, constraint, index or role, as SQL writes it.
    pub fn object(&self) -> &str {
        &self.object
    }
}

impl fmt::Display for Hole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Hole { object, detail, .. } = self;
        match self.reason {
            Reason::Superuser => write!(
                f,
                "{object} is a superuser, to whom no policy applies\n  help: connect as a role made for the \
                 application: CREATE ROLE … LOGIN NOSUPERUSER NOBYPASSRLS"
            ),
            Reason::BypassesRls => write!(
                f,
                "{object} has BYPASSRLS, so no policy applies to it\n  help: ALTER ROLE {object} NOBYPASSRLS, and \
                 give jobs over all tenants a role and a pool of their own"
            ),
            Reason::MayBecome => write!(
                f,
                "{detail} can become {object}, whom no policy holds\n  help: REVOKE {object} FROM {detail}, and \
                 do not reach {detail} through SET ROLE"
            ),
            Reason::RowSecurityOff => f.write_str(
                "row_security is off, so queries that a policy narrows fail\n  help: take it out of the \
                 connection's options, of ALTER ROLE … SET and of ALTER DATABASE … SET",
            ),
            Reason::NothingToProtect => write!(
                f,
                "no table that this role reaches has a column {object}\n  help: name the tenant column, or \
                 connect to the application's database as its role"
            ),
            Reason::NotEnabled => write!(
                f,
                "row-level security is not enabled on {object}\n  help: ALTER TABLE {object} ENABLE ROW LEVEL \
                 SECURITY, with policies; rls::scripts writes the migration"
            ),
            Reason::NotForced => write!(
                f,
                "{object} belongs to {detail}, which this role is or can be, and its policies do not apply to \
                 its owner\n  help: ALTER TABLE {object} FORCE ROW LEVEL SECURITY"
            ),
            Reason::Owned => write!(
                f,
                "{object} belongs to {detail}, which this role is or can be, and an owner can switch its policies \
                 off\n  help: ALTER TABLE {object} OWNER TO a role for the migrations alone"
            ),
            Reason::PermissiveOnly => {
                let (commands, policies) = detail.split_once('\n').unwrap_or((detail, ""));
                write!(
                    f,
                    "no restrictive policy of {object} is known to hold {commands} to the tenant, so any permissive \
                     one opens it\n{policies}\n  help: CREATE POLICY … ON {object} AS RESTRICTIVE, TO PUBLIC, which \
                     compares the tenant column with the setting and nothing else; rls::scripts writes it"
                )
            }
            Reason::WithoutTenant => write!(
                f,
                "{object} has no tenant column, so its rows are everybody's\n  help: add the column and protect it; \
                 or REVOKE ALL ON {object} from this role; or, where all tenants share it, declare it `global` in \
                 `tables!` and give that to Check::declared"
            ),
            Reason::NotFound => write!(
                f,
                "{object} is declared in `tables!`, and is not found\n  help: see whether the migrations ran, and \
                 whether the role's search_path leads to its schema"
            ),
            Reason::LooseTenant => write!(
                f,
                "the tenant column of {object} has the collation {detail}, to which different texts are equal\n  \
                 help: ALTER TABLE {object} ALTER COLUMN <tenant column> TYPE text COLLATE \"C\""
            ),
            Reason::ForeignTable => write!(
                f,
                "{object} is a foreign table, and row-level security does not exist for those\n  help: REVOKE ALL \
                 ON {object} from this role"
            ),
            Reason::TemporaryGranted => write!(
                f,
                "{detail} may make temporary tables in {object}, and they stay in the session for the next \
                 tenant\n  help: REVOKE TEMPORARY ON DATABASE {object} FROM PUBLIC, {detail}"
            ),
            Reason::CreateGranted => write!(
                f,
                "{detail} may CREATE in {object}, and what one tenant's SQL makes there stays for the others\n  \
                 help: REVOKE CREATE ON {object} FROM PUBLIC, {detail}"
            ),
            Reason::DefinitionGranted => {
                let (privilege, role) = detail.split_once(',').unwrap_or((detail, "this role"));
                write!(
                    f,
                    "{role} has {privilege} on {object}, by which one tenant's SQL acts on the rows of others\n  \
                     help: REVOKE {privilege} ON {object} FROM {role}"
                )
            }
            Reason::GrantOption => write!(
                f,
                "{detail} may grant its privileges on {object} to others\n  help: REVOKE GRANT OPTION FOR ALL ON \
                 {object} FROM {detail}"
            ),
            Reason::SequenceGranted => write!(
                f,
                "{detail} may set the sequence {object}, on which the rows of all tenants depend\n  help: REVOKE \
                 UPDATE ON SEQUENCE {object} FROM {detail}; USAGE is enough to insert"
            ),
            Reason::StatisticsGranted => write!(
                f,
                "{detail} may read {object}, which holds values of all tenants\n  help: REVOKE SELECT ON {object} \
                 FROM {detail}, or take the role out of pg_read_all_data"
            ),
            Reason::LargeObjects => write!(
                f,
                "{detail} large objects are within reach, and {object} knows no policies\n  help: keep them in a \
                 column of type bytea, or give them to a role for the migrations alone"
            ),
            Reason::Replicates => write!(
                f,
                "{object} has REPLICATION, and the stream of changes holds the rows of all tenants\n  help: ALTER \
                 ROLE {object} NOREPLICATION"
            ),
            Reason::CreatesRoles => write!(
                f,
                "{object} has CREATEROLE, and can make itself a member of other roles\n  help: ALTER ROLE {object} \
                 NOCREATEROLE"
            ),
            Reason::TenantPreset => write!(
                f,
                "{object} has a value {detail} before a tenant is set, so a connection without one sees the rows of \
                 that tenant\n  help: ALTER ROLE … RESET {object}, ALTER DATABASE … RESET {object}, or take it out \
                 of the connection's options and of whatever prepares the pool's connections"
            ),
            Reason::TenantOfFunction => write!(
                f,
                "the function {object} sets {detail} for its run, and sees the rows of that tenant\n  help: ALTER \
                 ROUTINE {object} RESET {detail}"
            ),
            Reason::DefinerRule => write!(
                f,
                "the rule {detail} of {object} acts with the rights of the table's owner, to whom the policies do not \
                 apply\n  help: DROP RULE {detail} ON {object}, and make it a trigger"
            ),
            Reason::LeakproofFunction => write!(
                f,
                "the function {object} is LEAKPROOF, so it may see the rows of all tenants before a policy does\n  \
                 help: ALTER FUNCTION {object} NOT LEAKPROOF; where it is meant, accept it by name"
            ),
            Reason::ForeignKeyUnchecked => write!(
                f,
                "the foreign key {object} of {detail} is not checked, or was not for all rows, and may refer to rows \
                 of another tenant\n  help: ALTER TABLE {detail} VALIDATE CONSTRAINT {object}, and ENABLE TRIGGER ALL"
            ),
            Reason::TruncateGranted => write!(
                f,
                "{detail} may truncate {object}, which no policy stops\n  help: REVOKE TRUNCATE ON {object} FROM \
                 {detail}"
            ),
            Reason::DefinerView => write!(
                f,
                "the view {object} reads with the rights of {detail}, to whom the policies do not apply\n  help: \
                 ALTER VIEW {object} SET (security_invoker = true), or before PostgreSQL 15 give it to an owner \
                 that the policies bind"
            ),
            Reason::MaterializedView => write!(
                f,
                "the materialized view {object} holds rows of all tenants\n  help: REVOKE ALL ON {object} from \
                 this role, and give it a view or a table with policies instead"
            ),
            Reason::DefinerFunction => write!(
                f,
                "the function {object} runs with the rights of {detail}, to whom the policies do not apply\n  \
                 help: ALTER ROUTINE {object} SECURITY INVOKER, or REVOKE EXECUTE ON ROUTINE {object} FROM \
                 PUBLIC; where it is meant, accept it by name"
            ),
            Reason::BarePartition => write!(
                f,
                "{object} is a partition or child without row-level security, and can be addressed past its \
                 parent\n  help: REVOKE ALL ON {object} from this role, or protect it as its parent is"
            ),
            Reason::ForeignKeyWithoutTenant => write!(
                f,
                "the foreign key {object} of {detail} accepts rows of another tenant\n  help: let it name the \
                 tenant column on both sides; rls::scripts writes it"
            ),
            Reason::UniqueWithoutTenant => write!(
                f,
                "the unique index {object} of {detail} spans all tenants, so one learns what another has\n  \
                 help: begin it with the tenant column"
            ),
            Reason::NoTenantIndex => write!(
                f,
                "no index of {object} begins with the tenant column, so every query reads the rows of all \
                 tenants\n  help: CREATE INDEX CONCURRENTLY … ON {object} (<tenant column>, …)"
            ),
            Reason::NullableTenant => write!(
                f,
                "the tenant column of {object} takes NULL, and foreign keys of such a row are not checked\n  \
                 help: ALTER TABLE {object} ALTER COLUMN <tenant column> SET NOT NULL"
            ),
            Reason::VisibleRows => write!(
                f,
                "{object} shows rows {detail}\n  help: read its policies in pg_policies; rls::scripts writes ones \
                 that hold. Before a tenant is set, see whether the pool sets one for the session"
            ),
            Reason::ForeignInsert => write!(
                f,
                "{object} accepts rows for another tenant\n  help: give its restrictive policy a WITH CHECK, or \
                 none, which means the same as USING"
            ),
        }
    }
}

impl Reason {
    /// The reason that has this name in `holes.sql`.
    pub(super) fn from_name(name: &str) -> Option<Reason> {
        Some(match name {
            "superuser" => Reason::Superuser,
            "bypasses_rls" => Reason::BypassesRls,
            "may_become" => Reason::MayBecome,
            "row_security_off" => Reason::RowSecurityOff,
            "nothing_to_protect" => Reason::NothingToProtect,
            "not_enabled" => Reason::NotEnabled,
            "not_forced" => Reason::NotForced,
            "permissive_only" => Reason::PermissiveOnly,
            "truncate_granted" => Reason::TruncateGranted,
            "definer_view" => Reason::DefinerView,
            "materialized_view" => Reason::MaterializedView,
            "definer_function" => Reason::DefinerFunction,
            "bare_partition" => Reason::BarePartition,
            "foreign_key_without_tenant" => Reason::ForeignKeyWithoutTenant,
            "unique_without_tenant" => Reason::UniqueWithoutTenant,
            "no_tenant_index" => Reason::NoTenantIndex,
            "nullable_tenant" => Reason::NullableTenant,
            "owned" => Reason::Owned,
            "without_tenant" => Reason::WithoutTenant,
            "loose_tenant" => Reason::LooseTenant,
            "foreign_table" => Reason::ForeignTable,
            "temporary_granted" => Reason::TemporaryGranted,
            "create_granted" => Reason::CreateGranted,
            "definition_granted" => Reason::DefinitionGranted,
            "grant_option" => Reason::GrantOption,
            "sequence_granted" => Reason::SequenceGranted,
            "statistics_granted" => Reason::StatisticsGranted,
            "large_objects" => Reason::LargeObjects,
            "replicates" => Reason::Replicates,
            "creates_roles" => Reason::CreatesRoles,
            "tenant_preset" => Reason::TenantPreset,
            "function_of_tenant" => Reason::TenantOfFunction,
            "definer_rule" => Reason::DefinerRule,
            "leakproof_function" => Reason::LeakproofFunction,
            "foreign_key_unchecked" => Reason::ForeignKeyUnchecked,
            _ => return None,
        })
    }
}

impl Hole {
    /// Whether it explains why a table shows rows to the wrong tenant, or accepts them.
    pub(super) fn opens_table(&self) -> bool {
        matches!(
            self.reason,
            Reason::NotEnabled
                | Reason::NotForced
                | Reason::PermissiveOnly
                | Reason::BarePartition
                | Reason::ForeignTable
        )
    }
}
