//! The one pair of keys that every stand-in takes, and the account and region that it stands in.

use uuid::Uuid;

/// The account of every local ARN.
pub const ACCOUNT: &str = "000000000000";

/// The region of every local ARN.
pub const REGION: &str = "us-east-1";

/// Keys for signing requests to the stand-ins.
#[derive(Clone, PartialEq, Eq)]
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
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}
