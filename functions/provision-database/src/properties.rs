//! What the role is to be, as the template says it.

use reporting::{Error, ErrorKind};
use serde::de::{Error as _, Unexpected};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// PostgreSQL cuts a longer name without a word.
const MAX_NAME_BYTES: usize = 63;

/// More schemas than this are surely a mistake; each takes a few statements.
const MAX_SCHEMAS: usize = 100;

/// A resource's properties. CloudFormation sends each number and Boolean as a string; both forms are read.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Properties {
    pub(crate) cluster_arn: String,
    pub(crate) admin_secret_arn: String,
    /// `{"username": …, "password": …}`.
    pub(crate) role_secret_arn: String,
    pub(crate) database: String,
    pub(crate) schemas: Vec<String>,
    /// Whether PUBLIC loses EXECUTE on the functions of these schemas and on those that their owners make later. Not
    /// given back on deletion: what PUBLIC had before is not known.
    #[serde(default, deserialize_with = "boolean")]
    pub(crate) revoke_public_execute: bool,
    #[serde(default)]
    pub(crate) limits: Limits,
    #[serde(rename = "ServiceToken", default)]
    _service_token: Option<Value>,
    #[serde(rename = "ServiceTimeout", default)]
    _service_timeout: Option<Value>,
}

/// The role's own limits. The Data API's sessions set narrower ones for each transaction; these hold for whoever else
/// has the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
pub(crate) struct Limits {
    #[serde(deserialize_with = "number")]
    pub(crate) statement_timeout_seconds: u32,
    #[serde(deserialize_with = "number")]
    pub(crate) lock_timeout_seconds: u32,
    #[serde(deserialize_with = "number")]
    pub(crate) idle_in_transaction_session_timeout_seconds: u32,
    #[serde(deserialize_with = "number")]
    pub(crate) work_mem_megabytes: u32,
    /// Set only where the administrator may: it takes a superuser, or SET on the parameter (PostgreSQL 15 and later).
    #[serde(deserialize_with = "number")]
    pub(crate) temp_file_limit_megabytes: u32,
    #[serde(deserialize_with = "number")]
    pub(crate) connection_limit: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            // The Data API itself breaks a statement off after 45 s.
            statement_timeout_seconds: 60,
            lock_timeout_seconds: 5,
            // The Data API ends a transaction that stood idle for three minutes.
            idle_in_transaction_session_timeout_seconds: 180,
            work_mem_megabytes: 64,
            temp_file_limit_megabytes: 1024,
            connection_limit: 50,
        }
    }
}

impl Properties {
    /// Refuses what PostgreSQL would misread or what is no schema of a user.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let invalid = |message| Err(Error::new(ErrorKind::InvalidRequest, message));
        check_name("Database", &self.database)?;
        if self.schemas.is_empty() || self.schemas.len() > MAX_SCHEMAS {
            return invalid(format!("`Schemas` must name 1 to {MAX_SCHEMAS} schemas"));
        }
        for schema in &self.schemas {
            check_name("Schemas", schema)?;
            if schema.starts_with("pg_") || schema == "information_schema" {
                return invalid(format!("`{schema}` in `Schemas` is PostgreSQL's own"));
            }
        }
        // Zero would mean no limit at all, and more does not fit PostgreSQL's settings (milliseconds, kilobytes).
        for limit in self.limits.all() {
            if !(1..=2_000_000).contains(&limit) {
                return invalid(format!(
                    "a limit of {limit} in `Limits` is not within 1 and 2000000"
                ));
            }
        }
        Ok(())
    }
}

impl Limits {
    fn all(self) -> [u32; 6] {
        [
            self.statement_timeout_seconds,
            self.lock_timeout_seconds,
            self.idle_in_transaction_session_timeout_seconds,
            self.work_mem_megabytes,
            self.temp_file_limit_megabytes,
            self.connection_limit,
        ]
    }
}

/// A name that PostgreSQL takes as it is.
pub(crate) fn check_name(property: &str, name: &str) -> Result<(), Error> {
    if name.is_empty() || name.len() > MAX_NAME_BYTES || name.contains('\0') {
        let message =
            format!("a name in `{property}` is empty, has a NUL or over {MAX_NAME_BYTES} bytes");
        return Err(Error::new(ErrorKind::InvalidRequest, message));
    }
    Ok(())
}

fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let number = match &value {
        Value::String(text) => text.parse().ok(),
        value => value.as_u64().and_then(|number| number.try_into().ok()),
    };
    number.ok_or_else(|| {
        D::Error::invalid_value(Unexpected::Other("another value"), &"a whole number")
    })
}

fn boolean<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Bool(value) => Ok(value),
        Value::String(text) if text == "true" => Ok(true),
        Value::String(text) if text == "false" => Ok(false),
        _ => Err(D::Error::invalid_value(Unexpected::Other("another value"), &"true or false")),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::json;

    use super::*;

    /// Properties for the tests of this crate, with `change` over them.
    pub(crate) fn properties(change: Value) -> Result<Properties, serde_json::Error> {
        let mut given = json!({
            "ServiceToken": "arn", "ClusterArn": "arn:cluster", "AdminSecretArn": "arn:admin",
            "RoleSecretArn": "arn:role", "Database": "university", "Schemas": ["academics", "staff"],
        });
        for (name, value) in change.as_object().unwrap() {
            given[name] = value.clone();
        }
        serde_json::from_value(given)
    }

    #[test]
    fn strings_are_numbers_and_booleans() {
        for (change, revoke, work_mem) in [
            (json!({}), false, 64),
            (json!({ "RevokePublicExecute": true, "Limits": { "WorkMemMegabytes": 8 } }), true, 8),
            (
                json!({ "RevokePublicExecute": "true", "Limits": { "WorkMemMegabytes": "8" } }),
                true,
                8,
            ),
        ] {
            let read = properties(change).unwrap();
            read.check().unwrap();
            assert_eq!(
                (read.revoke_public_execute, read.limits.work_mem_megabytes),
                (revoke, work_mem)
            );
        }
    }

    #[test]
    fn what_is_wrong_is_refused() {
        for change in [
            json!({ "Schemas": [] }),
            json!({ "Schemas": ["pg_catalog"] }),
            json!({ "Schemas": ["information_schema"] }),
            json!({ "Schemas": ["a\0b"] }),
            json!({ "Schemas": [""] }),
            json!({ "Schemas": ["x".repeat(64)] }),
            json!({ "Schemas": vec!["x"; 101] }),
            json!({ "Database": "" }),
            json!({ "Schema": ["misspelt"] }),
            json!({ "RevokePublicExecute": "yes" }),
            json!({ "Limits": { "StatementTimeoutSeconds": 0 } }),
            json!({ "Limits": { "StatementTimeoutSeconds": "-1" } }),
            json!({ "Limits": { "StatementTimeout": 1 } }),
        ] {
            let refused = properties(change.clone()).map_or(true, |read| read.check().is_err());
            assert!(refused, "{change}");
        }
    }
}
