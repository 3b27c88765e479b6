//! The statements that make the role what it should be, and those that take it away: pure, so that a test reads them.

use crate::catalog::{ExistingRole, Facts, MARK};
use crate::properties::Properties;
use crate::quote::{identifier, literal};

/// Held to the transaction's end, so that two deployments do not meet in the catalog.
pub(crate) const LOCK: &str =
    "SELECT pg_advisory_xact_lock(hashtext('quaestor provision-database'))::text";

/// What makes the role, or makes it anew: first everything that it was granted goes, then it gets what the properties
/// name. So a second run changes nothing, and a schema that is no longer named is closed. All in one transaction:
/// nobody sees the role without its rights.
///
/// What PUBLIC may do belongs to everybody in the database, so it is left alone but for `RevokePublicExecute`:
/// TEMPORARY on the database, which PUBLIC has by default, is stopped by `default_transaction_read_only` and told of in
/// a warning.
pub(crate) fn provision(
    properties: &Properties,
    facts: &Facts,
    role: &str,
    verifier: &str,
) -> Vec<String> {
    let name = identifier(role);
    let database = identifier(&properties.database);
    let (connections, password) = (properties.limits.connection_limit, literal(verifier));
    let mut statements = match &facts.role {
        None => vec![format!(
            "CREATE ROLE {name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT \
             CONNECTION LIMIT {connections} PASSWORD {password} VALID UNTIL 'infinity'"
        )],
        // Only a superuser may so much as name the other attributes; a role that has them was refused.
        Some(existing) => {
            let mut statements = vec![format!(
                "ALTER ROLE {name} LOGIN NOINHERIT CONNECTION LIMIT {connections} PASSWORD {password} \
                 VALID UNTIL 'infinity'"
            )];
            statements.extend(release(existing, role));
            statements.push(format!("ALTER ROLE {name} RESET ALL"));
            statements.push(format!("ALTER ROLE {name} IN DATABASE {database} RESET ALL"));
            statements
        }
    };
    statements.push(format!("COMMENT ON ROLE {name} IS {}", literal(MARK)));
    let settings = settings(properties, facts);
    statements.extend(
        settings
            .iter()
            .map(|(setting, value)| format!("ALTER ROLE {name} SET {setting} = {value}")),
    );
    statements.push(format!("GRANT CONNECT ON DATABASE {database} TO {name}"));
    let owners = || facts.owners.iter().filter(|owner| owner.is_at_hand);
    for schema in properties.schemas.iter().map(|schema| identifier(schema)) {
        statements.push(format!("GRANT USAGE ON SCHEMA {schema} TO {name}"));
        statements.push(format!("GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {name}"));
        statements.extend(owners().map(|owner| {
            let owner = identifier(&owner.name);
            format!(
                "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {schema} GRANT SELECT ON TABLES TO {name}"
            )
        }));
        if properties.revoke_public_execute {
            statements
                .push(format!("REVOKE EXECUTE ON ALL ROUTINES IN SCHEMA {schema} FROM PUBLIC"));
        }
    }
    if properties.revoke_public_execute {
        // For every schema: what is set for one only adds to it.
        statements.extend(owners().map(|owner| {
            let owner = identifier(&owner.name);
            format!(
                "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} REVOKE EXECUTE ON ROUTINES FROM PUBLIC"
            )
        }));
    }
    statements
}

/// Takes the role away. It owns nothing, so that no data goes with it.
pub(crate) fn remove(existing: &ExistingRole, role: &str) -> Vec<String> {
    let mut statements = release(existing, role);
    statements.push(format!("DROP ROLE {}", identifier(role)));
    statements
}

/// Takes away whatever the role was granted in this database, and on databases, default privileges included.
fn release(existing: &ExistingRole, role: &str) -> Vec<String> {
    let name = identifier(role);
    let drop = format!("DROP OWNED BY {name}");
    if existing.is_at_hand {
        return vec![drop];
    }
    vec![format!("GRANT {name} TO CURRENT_USER"), drop, format!("REVOKE {name} FROM CURRENT_USER")]
}

fn settings(properties: &Properties, facts: &Facts) -> Vec<(&'static str, String)> {
    let limits = &properties.limits;
    let mut settings = vec![
        ("default_transaction_read_only", "on".to_owned()),
        ("statement_timeout", format!("'{}s'", limits.statement_timeout_seconds)),
        ("lock_timeout", format!("'{}s'", limits.lock_timeout_seconds)),
        (
            "idle_in_transaction_session_timeout",
            format!("'{}s'", limits.idle_in_transaction_session_timeout_seconds),
        ),
        ("work_mem", format!("'{}MB'", limits.work_mem_megabytes)),
        ("search_path", "pg_catalog, public, pg_temp".to_owned()),
    ];
    if facts.sets_temp_file_limit {
        settings.push(("temp_file_limit", format!("'{}MB'", limits.temp_file_limit_megabytes)));
    }
    settings
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::{Value, json};

    use super::*;
    use crate::catalog::Owner;
    use crate::properties::tests::properties;

    fn facts() -> Facts {
        let owner = |name: &str, is_at_hand| Owner { name: name.to_owned(), is_at_hand };
        Facts { owners: vec![owner("app", true), owner("stranger", false)], ..Facts::default() }
    }

    #[track_caller]
    fn check(change: Value, facts: &Facts, role: &str, expected: &str) {
        let properties = properties(change).unwrap();
        let expected: Vec<_> =
            expected.lines().map(str::trim).filter(|it| !it.is_empty()).collect();
        assert_eq!(provision(&properties, facts, role, "SCRAM"), expected);
    }

    #[test]
    fn a_fresh_role() {
        check(
            json!({}),
            &facts(),
            "reader",
            r#"
            CREATE ROLE "reader" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT CONNECTION LIMIT 50 PASSWORD 'SCRAM' VALID UNTIL 'infinity'
            COMMENT ON ROLE "reader" IS 'made by quaestor''s provision-database'
            ALTER ROLE "reader" SET default_transaction_read_only = on
            ALTER ROLE "reader" SET statement_timeout = '60s'
            ALTER ROLE "reader" SET lock_timeout = '5s'
            ALTER ROLE "reader" SET idle_in_transaction_session_timeout = '180s'
            ALTER ROLE "reader" SET work_mem = '64MB'
            ALTER ROLE "reader" SET search_path = pg_catalog, public, pg_temp
            GRANT CONNECT ON DATABASE "university" TO "reader"
            GRANT USAGE ON SCHEMA "academics" TO "reader"
            GRANT SELECT ON ALL TABLES IN SCHEMA "academics" TO "reader"
            ALTER DEFAULT PRIVILEGES FOR ROLE "app" IN SCHEMA "academics" GRANT SELECT ON TABLES TO "reader"
            GRANT USAGE ON SCHEMA "staff" TO "reader"
            GRANT SELECT ON ALL TABLES IN SCHEMA "staff" TO "reader"
            ALTER DEFAULT PRIVILEGES FOR ROLE "app" IN SCHEMA "staff" GRANT SELECT ON TABLES TO "reader"
            "#,
        );
    }

    #[test]
    fn an_existing_role_with_hostile_names() {
        let role = Some(ExistingRole { is_ours: true, ..ExistingRole::default() });
        check(
            json!({
                "Database": "d\"; DROP", "Schemas": ["s\"; --"], "RevokePublicExecute": true,
                "Limits": { "TempFileLimitMegabytes": 7, "ConnectionLimit": 3 },
            }),
            &Facts { role, sets_temp_file_limit: true, ..facts() },
            "r\"' x",
            r#"
            ALTER ROLE "r""' x" LOGIN NOINHERIT CONNECTION LIMIT 3 PASSWORD 'SCRAM' VALID UNTIL 'infinity'
            GRANT "r""' x" TO CURRENT_USER
            DROP OWNED BY "r""' x"
            REVOKE "r""' x" FROM CURRENT_USER
            ALTER ROLE "r""' x" RESET ALL
            ALTER ROLE "r""' x" IN DATABASE "d""; DROP" RESET ALL
            COMMENT ON ROLE "r""' x" IS 'made by quaestor''s provision-database'
            ALTER ROLE "r""' x" SET default_transaction_read_only = on
            ALTER ROLE "r""' x" SET statement_timeout = '60s'
            ALTER ROLE "r""' x" SET lock_timeout = '5s'
            ALTER ROLE "r""' x" SET idle_in_transaction_session_timeout = '180s'
            ALTER ROLE "r""' x" SET work_mem = '64MB'
            ALTER ROLE "r""' x" SET search_path = pg_catalog, public, pg_temp
            ALTER ROLE "r""' x" SET temp_file_limit = '7MB'
            GRANT CONNECT ON DATABASE "d""; DROP" TO "r""' x"
            GRANT USAGE ON SCHEMA "s""; --" TO "r""' x"
            GRANT SELECT ON ALL TABLES IN SCHEMA "s""; --" TO "r""' x"
            ALTER DEFAULT PRIVILEGES FOR ROLE "app" IN SCHEMA "s""; --" GRANT SELECT ON TABLES TO "r""' x"
            REVOKE EXECUTE ON ALL ROUTINES IN SCHEMA "s""; --" FROM PUBLIC
            ALTER DEFAULT PRIVILEGES FOR ROLE "app" REVOKE EXECUTE ON ROUTINES FROM PUBLIC
            "#,
        );
    }

    #[test]
    fn removal() {
        let at_hand = ExistingRole { is_at_hand: true, ..ExistingRole::default() };
        assert_eq!(remove(&at_hand, "r\"x"), [r#"DROP OWNED BY "r""x""#, r#"DROP ROLE "r""x""#]);
    }
}
