use std::fmt;

/// A reason why row-level security does not hold for the role that asked.
///
/// Its text says what is open, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    pub(super) reason: Reason,
    pub(super) object: String,
    pub(super) detail: String,
}

/// What kind of [`Hole`] it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The role is a superuser, to whom no policy applies. No other hole is looked for then.
    Superuser,
    /// The role has `BYPASSRLS`. No other hole is looked for then.
    BypassesRls,
    /// The role can become one that no policy applies to, or one that reads the server's files.
    MayBecome,
    /// `row_security` is off: every query that a policy would narrow fails.
    RowSecurityOff,
    /// The role reaches no table with the tenant column: the column has another name, or this is another database.
    NothingToProtect,
    /// Row-level security is not enabled.
    NotEnabled,
    /// The table belongs to the role, and its own policies do not apply to an owner.
    NotForced,
    /// No restrictive policy compares the tenant column with the setting, so the permissive ones decide.
    PermissiveOnly,
    /// The role may `TRUNCATE`, which no policy stops.
    TruncateGranted,
    /// A view reads with the rights of its owner, to whom the policies do not apply.
    DefinerView,
    /// A materialized view holds a copy of the rows of all tenants.
    MaterializedView,
    /// A `SECURITY DEFINER` function runs with the rights of an owner to whom the policies do not apply.
    DefinerFunction,
    /// A partition, or another child, can be addressed directly, past the policies of its parent.
    BarePartition,
    /// A foreign key accepts the row of another tenant.
    ForeignKeyWithoutTenant,
    /// A unique index keeps a tenant from a value that another has, and tells it so.
    UniqueWithoutTenant,
    /// No index begins with the tenant column: not open, but slow.
    NoTenantIndex,
    /// The tenant column takes NULL: a row that nobody owns, and whose foreign keys are not checked.
    NullableTenant,
    /// Rows were shown before a tenant was set, without one, or to one that does not exist.
    VisibleRows,
    /// A row was accepted for another tenant than the one that asked.
    ForeignInsert,
}

impl Hole {
    /// What kind of hole it is.
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
            Reason::PermissiveOnly => write!(
                f,
                "no restrictive policy of {object} holds {detail} to the tenant, so any permissive one opens \
                 it\n  help: CREATE POLICY … ON {object} AS RESTRICTIVE; rls::scripts writes it"
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
    /// The reason of that name in `holes.sql`.
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
            _ => return None,
        })
    }
}

impl Hole {
    /// Whether it explains why a table shows rows and takes them.
    pub(super) fn opens_table(&self) -> bool {
        matches!(
            self.reason,
            Reason::NotEnabled | Reason::NotForced | Reason::PermissiveOnly | Reason::BarePartition
        )
    }
}
