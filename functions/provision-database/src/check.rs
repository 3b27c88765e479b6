//! The last look, before the transaction is committed: what the role may do after all, through PUBLIC for instance.

use reporting::{Error, ErrorKind};

use crate::catalog::{Facts, Row, Session, text};
use crate::properties::Properties;
use crate::quote::literal;

/// Fails when the role may write a table, wherever it is. Tells of what else PUBLIC lets it do, in sentences for
/// whoever deploys.
pub(crate) async fn check(
    session: &impl Session,
    properties: &Properties,
    facts: &Facts,
    role: &str,
) -> Result<Vec<String>, Error> {
    let name = literal(role);
    let writable = session
        .run(&format!(
            "SELECT format('%I.%I', nspname, relname) FROM pg_catalog.pg_class c \
             JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace \
             WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' \
               AND relkind IN ('r', 'p', 'v', 'm', 'f') AND has_schema_privilege({name}, n.oid, 'USAGE') \
               AND (has_table_privilege({name}, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') \
                 OR has_any_column_privilege({name}, c.oid, 'INSERT, UPDATE')) \
             ORDER BY 1 LIMIT 5"
        ))
        .await?;
    if !writable.is_empty() {
        let message = format!(
            "the role `{role}` could write {}, by a grant to PUBLIC or by somebody else's; revoke that and deploy again \
             (nothing was changed)",
            list(&writable)
        );
        return Err(Error::new(ErrorKind::PermissionDenied, message));
    }
    let mut warnings = Vec::new();
    let rows = session
        .run(&format!(
            "SELECT 'creates temporary tables' WHERE has_database_privilege({name}, current_database(), 'TEMPORARY') \
             UNION ALL SELECT * FROM (SELECT format('creates objects in schema %I', nspname) \
               FROM pg_catalog.pg_namespace n WHERE nspname !~ '^pg_' \
               AND has_schema_privilege({name}, n.oid, 'CREATE') ORDER BY 1 LIMIT 5) s"
        ))
        .await?;
    if !rows.is_empty() {
        warnings.push(format!(
            "PUBLIC {}; only `default_transaction_read_only` stops the role from it",
            list(&rows)
        ));
    }
    let executable = session
        .run(&format!(
            "SELECT p.oid::regprocedure::text FROM pg_catalog.pg_proc p \
             JOIN pg_catalog.pg_namespace n ON n.oid = pronamespace \
             WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' \
               AND has_schema_privilege({name}, n.oid, 'USAGE') \
               AND has_function_privilege({name}, p.oid, 'EXECUTE') AND (prosecdef OR {revoked}) \
             ORDER BY 1 LIMIT 5",
            revoked = properties.revoke_public_execute,
        ))
        .await?;
    if !executable.is_empty() {
        warnings.push(format!(
            "the role executes {}, perhaps with its owner's rights",
            list(&executable)
        ));
    }
    let strangers: Vec<_> =
        facts.owners.iter().filter(|owner| !owner.is_at_hand).map(|owner| &*owner.name).collect();
    if !strangers.is_empty() {
        warnings.push(format!(
            "tables that {} makes later stay closed until this runs again, since the administrator is not a member of it",
            strangers.join(", ")
        ));
    }
    Ok(warnings)
}

fn list(rows: &[Row]) -> String {
    rows.iter().map(|row| text(row, 0)).collect::<Vec<_>>().join(", ")
}
