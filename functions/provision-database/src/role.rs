//! The role, its secret, and its name in CloudFormation.

use std::fmt;

use reporting::{Error, ErrorKind};
use serde::Deserialize;

use crate::properties::check_name;

/// The name and the password of a role, as its secret holds them. `Debug` shows neither.
#[derive(Deserialize)]
pub(crate) struct Login {
    username: String,
    password: String,
}

impl Login {
    /// Reads a secret's text.
    pub(crate) fn parse(secret: &str) -> Result<Login, Error> {
        // The cause would quote the secret.
        let login: Login = serde_json::from_str(secret).map_err(|_| {
            let message = "the secret of `RoleSecretArn` is no JSON with `username` and `password`";
            Error::new(ErrorKind::InvalidRequest, message)
        })?;
        check_name("the role's secret", &login.username)?;
        if login.password.is_empty() {
            let message = "the secret of `RoleSecretArn` has an empty password";
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        Ok(login)
    }

    /// The role's name.
    pub(crate) fn role(&self) -> &str {
        &self.username
    }

    /// What the server keeps of the password: salted, hashed, and of no use to log in with. Another one each time.
    pub(crate) fn verifier(&self) -> String {
        postgres_protocol::password::scram_sha_256(self.password.as_bytes())
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").finish_non_exhaustive()
    }
}

/// `<role>@<cluster ARN>`: CloudFormation replaces the resource, and then deletes the old one by this name, when either
/// changes. A role's name may hold an `@`, an ARN of RDS does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PhysicalId {
    pub(crate) role: String,
    pub(crate) cluster_arn: String,
}

impl PhysicalId {
    /// Nothing for a name that we did not give, such as that of a resource whose creation failed.
    pub(crate) fn parse(text: &str) -> Option<PhysicalId> {
        let (role, cluster_arn) = text.rsplit_once('@')?;
        let ours = !role.is_empty() && cluster_arn.starts_with("arn:");
        ours.then(|| PhysicalId { role: role.to_owned(), cluster_arn: cluster_arn.to_owned() })
    }
}

impl fmt::Display for PhysicalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.role, self.cluster_arn)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_physical_id_names_role_and_cluster() {
        for (text, expected) in [
            ("reader@arn:aws:rds:x", Some(("reader", "arn:aws:rds:x"))),
            ("a@b@arn:aws:rds:x", Some(("a@b", "arn:aws:rds:x"))),
            ("@arn:aws:rds:x", None),
            ("AWSCDK::CustomResourceProviderFramework::CREATE_FAILED", None),
            ("someone@example.com", None),
        ] {
            let expected = expected.map(|(role, cluster_arn)| PhysicalId {
                role: role.to_owned(),
                cluster_arn: cluster_arn.to_owned(),
            });
            assert_eq!(PhysicalId::parse(text), expected, "{text}");
            if let Some(id) = expected {
                assert_eq!(id.to_string(), text);
            }
        }
    }

    #[test]
    fn a_secret_is_read_and_never_shown() {
        let login = Login::parse(r#"{"username":"reader","password":"pa'ss","engine":"postgres"}"#)
            .unwrap();
        assert_eq!(login.role(), "reader");
        assert_eq!(format!("{login:?}"), "Login { .. }");
        let verifier = login.verifier();
        assert!(
            verifier.starts_with("SCRAM-SHA-256$4096:") && !verifier.contains("pa'ss"),
            "{verifier}"
        );
        for secret in
            ["", "pa'ss", r#"{"username":"pa'ss"}"#, r#"{"username":"","password":"pa'ss"}"#]
        {
            let error = Login::parse(secret).unwrap_err();
            assert!(!format!("{error:?}").contains("pa'ss"), "{error:?}");
        }
    }
}
