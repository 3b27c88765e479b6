//! What the catalog says before anything is changed, and the port to the database.

use reporting::Error;

use crate::properties::Properties;
use crate::quote::literal;

/// A row; every column is text.
pub(crate) type Row = Vec<Option<String>>;

/// One transaction as the administrator.
pub(crate) trait Session {
    /// Runs one statement; the columns of its rows must all be text.
    async fn run(&self, sql: &str) -> Result<Vec<Row>, Error>;
}

/// What decides which statements are needed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Nothing when there is no such role.
    pub(crate) role: Option<ExistingRole>,
    /// Those of the named schemas that exist.
    pub(crate) schemas: Vec<String>,
    /// Who owns these schemas, or a table or function in them, and the administrator, who may make some.
    pub(crate) owners: Vec<Owner>,
    /// Whether the administrator may set `temp_file_limit`.
    pub(crate) sets_temp_file_limit: bool,
}

/// A role that is there already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ExistingRole {
    /// Its comment is ours.
    pub(crate) is_ours: bool,
    /// What it is or has that a role which only reads must not, in words.
    pub(crate) excess: Vec<String>,
    /// Whether the administrator acts with the role's rights without being granted it first.
    pub(crate) is_at_hand: bool,
}

/// Somebody whose new tables the role is to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) name: String,
    /// Whether the administrator may alter its default privileges.
    pub(crate) is_at_hand: bool,
}

/// The comment that marks a role as made here.
pub(crate) const MARK: &str = "made by quaestor's provision-database";

/// Reads all of it.
pub(crate) async fn facts(
    session: &impl Session,
    properties: &Properties,
    role: &str,
) -> Result<Facts, Error> {
    let version = version(session).await?;
    let names: Vec<_> = properties.schemas.iter().map(|schema| literal(schema)).collect();
    let named = names.join(", ");
    let schemas = session
        .run(&format!(
            "SELECT nspname::text FROM pg_catalog.pg_namespace WHERE nspname IN ({named}) ORDER BY 1"
        ))
        .await?;
    // Before 16 a member may; since then, one that inherits.
    let at_hand = if version >= 160_000 { "USAGE" } else { "MEMBER" };
    let owners = session
        .run(&format!(
            "SELECT o.rolname::text, pg_has_role(o.oid, '{at_hand}')::text FROM pg_catalog.pg_roles o \
             WHERE o.rolname = current_user OR o.oid IN ( \
               SELECT nspowner FROM pg_catalog.pg_namespace WHERE nspname IN ({named}) \
               UNION SELECT relowner FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n \
                 ON n.oid = c.relnamespace WHERE nspname IN ({named}) \
               UNION SELECT proowner FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n \
                 ON n.oid = p.pronamespace WHERE nspname IN ({named})) \
             ORDER BY 1"
        ))
        .await?;
    let sets_temp_file_limit = if version >= 150_000 {
        "has_parameter_privilege('temp_file_limit', 'SET')"
    } else {
        "(SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)"
    };
    let sets = session.run(&format!("SELECT {sets_temp_file_limit}::text")).await?;
    Ok(Facts {
        role: existing(session, role).await?,
        schemas: schemas.iter().map(|row| text(row, 0)).collect(),
        owners: owners
            .iter()
            .map(|row| Owner { name: text(row, 0), is_at_hand: flag(row, 1) })
            .collect(),
        sets_temp_file_limit: sets.first().is_some_and(|row| flag(row, 0)),
    })
}

/// The role of that name, if there is one.
pub(crate) async fn existing(
    session: &impl Session,
    role: &str,
) -> Result<Option<ExistingRole>, Error> {
    let rows = session
        .run(&format!(
            "SELECT COALESCE(shobj_description(r.oid, 'pg_authid') = {mark}, false)::text, \
               (rolname = current_user OR NOT pg_has_role(r.oid, 'USAGE'))::text, \
               rolsuper::text, rolcreaterole::text, rolcreatedb::text, rolreplication::text, \
               rolbypassrls::text, (rolname = current_user)::text, \
               EXISTS (SELECT FROM pg_catalog.pg_auth_members WHERE member = r.oid)::text, \
               EXISTS (SELECT FROM pg_catalog.pg_shdepend WHERE refobjid = r.oid \
                 AND refclassid = 'pg_catalog.pg_authid'::regclass AND deptype = 'o')::text, \
               (shobj_description(r.oid, 'pg_authid') IS DISTINCT FROM {mark} \
                 AND EXISTS (SELECT FROM pg_catalog.pg_shdepend WHERE refobjid = r.oid \
                 AND refclassid = 'pg_catalog.pg_authid'::regclass AND deptype = 'a'))::text \
             FROM pg_catalog.pg_roles r WHERE rolname = {name}",
            mark = literal(MARK),
            name = literal(role),
        ))
        .await?;
    let excess = [
        "is a superuser",
        "makes roles",
        "makes databases",
        "replicates",
        "bypasses row security",
        "is the administrator itself",
        "is a member of another role",
        "owns objects",
        "was granted rights by somebody else than this function",
    ];
    Ok(rows.first().map(|row| ExistingRole {
        is_ours: flag(row, 0),
        is_at_hand: !flag(row, 1),
        excess: (2..)
            .zip(excess)
            .filter(|&(column, _)| flag(row, column))
            .map(|(_, what)| what.to_owned())
            .collect(),
    }))
}

async fn version(session: &impl Session) -> Result<u32, Error> {
    let rows = session.run("SELECT current_setting('server_version_num')").await?;
    Ok(rows.first().and_then(|row| text(row, 0).parse().ok()).unwrap_or_default())
}

/// A column's text; none is the empty one.
pub(crate) fn text(row: &Row, column: usize) -> String {
    row.get(column).cloned().flatten().unwrap_or_default()
}

/// Whether a column's text is that of `true`.
pub(crate) fn flag(row: &Row, column: usize) -> bool {
    text(row, column) == "true"
}
