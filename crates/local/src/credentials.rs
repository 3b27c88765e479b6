//! The keys that every stand-in takes, and the account and region that it stands in.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The account of every local ARN.
pub const ACCOUNT: &str = "000000000000";

/// The region of every local ARN.
pub const REGION: &str = "us-east-1";

/// Keys for signing requests to the stand-ins.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// The access key id; it travels with each request.
    pub access_key_id: String,
    /// The secret access key; it only signs.
    pub secret_access_key: String,
}

impl Credentials {
    /// The access key `local` with a secret made for this process.
    pub fn random() -> Self {
        Self {
            access_key_id: "local".to_owned(),
            secret_access_key: Uuid::new_v4().simple().to_string(),
        }
    }

    /// Keys by which a function is told from whoever has these: `<access key id>-<function>`, with the same secret.
    pub fn of_function(&self, function: &str) -> Self {
        Self {
            access_key_id: format!("{}-{function}", self.access_key_id),
            secret_access_key: self.secret_access_key.clone(),
        }
    }

    /// The function of an access key id that [`Credentials::of_function`] made; empty for the very own one, and nothing
    /// for a stranger's.
    pub fn principal<'a>(&self, access_key_id: &'a str) -> Option<&'a str> {
        let rest = access_key_id.strip_prefix(&self.access_key_id)?;
        if rest.is_empty() { Some(rest) } else { rest.strip_prefix('-') }
    }

    /// The keys in `file`, so that a client's settings outlive a restart. Without the file: new
    /// ones, kept there for its owner alone.
    ///
    /// # Errors
    /// The file system's own, and a file that holds no keys.
    pub fn kept_in(file: &Path) -> io::Result<Self> {
        match fs::read(file) {
            Ok(text) => Ok(serde_json::from_slice(&text)?),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let credentials = Self::random();
                let mut created =
                    File::options().create_new(true).write(true).mode(0o600).open(file)?;
                created.write_all(&serde_json::to_vec_pretty(&credentials)?)?;
                Ok(credentials)
            }
            Err(error) => Err(error),
        }
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_names_its_function() {
        let keys = Credentials::random();
        assert_eq!(keys.principal(&keys.of_function("plan-run").access_key_id), Some("plan-run"));
        assert_eq!(keys.principal("local"), Some(""));
        assert_eq!(keys.principal("locals"), None);
        assert_eq!(keys.principal("other-plan-run"), None);
    }

    #[test]
    fn kept_keys_stay_and_are_their_owners() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("credentials.json");
        let first = Credentials::kept_in(&file).unwrap();
        assert_eq!(Credentials::kept_in(&file).unwrap(), first);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&file, "{}").unwrap();
        assert!(Credentials::kept_in(&file).is_err());
    }
}
