//! CloudFormation's event in, the resource's name and data out.

use aws_sdk_rdsdata::Client as RdsData;
use aws_sdk_secretsmanager::Client as SecretsManager;
use data_api::Database;
use reporting::{Error, ErrorKind};
use serde::{Deserialize, Serialize};

use crate::admin::{self, BeginError, Transaction};
use crate::properties::Properties;
use crate::role::PhysicalId;
use crate::{provision, secrets};

/// CloudFormation takes 4,096 bytes of answer in all.
const MAX_WARNINGS_BYTES: usize = 2_000;

/// What CDK's Provider framework sends, as far as it matters here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Event {
    request_type: RequestType,
    physical_resource_id: Option<String>,
    resource_properties: Properties,
    old_resource_properties: Option<OldProperties>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum RequestType {
    Create,
    Update,
    Delete,
}

/// Of an update: what the resource was before.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OldProperties {
    database: Option<String>,
}

/// What the framework hands to CloudFormation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Answer {
    physical_resource_id: String,
    data: Data,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Data {
    role: String,
    /// Sentences, separated by semicolons.
    warnings: String,
}

/// The function's one job.
pub(crate) struct Handler {
    rds_data: RdsData,
    secrets_manager: SecretsManager,
}

impl Handler {
    pub(crate) fn new(rds_data: RdsData, secrets_manager: SecretsManager) -> Handler {
        Handler { rds_data, secrets_manager }
    }

    pub(crate) async fn handle(&self, event: Event) -> Result<Answer, Error> {
        match event.request_type {
            RequestType::Create | RequestType::Update => self.provision(&event).await,
            RequestType::Delete => self.remove(&event).await,
        }
    }

    async fn provision(&self, event: &Event) -> Result<Answer, Error> {
        let properties = &event.resource_properties;
        properties.check()?;
        let before = event.old_resource_properties.as_ref().and_then(|old| old.database.as_ref());
        if before.is_some_and(|before| *before != properties.database) {
            // The role is the cluster's, so no replacement would take away what it may read in the old one.
            let message = "`Database` cannot be changed; remove the resource and make another one";
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        let login = secrets::read(&self.secrets_manager, &properties.role_secret_arn).await?;
        let admin = database(properties, &properties.admin_secret_arn);
        let transaction = Transaction::begin(&self.rds_data, &admin).await?;
        let mut warnings = match provision::provision(&transaction, properties, &login).await {
            Ok(warnings) => {
                transaction.commit().await?;
                warnings.join("; ")
            }
            Err(error) => {
                transaction.rollback().await;
                return Err(error);
            }
        };
        admin::log_in(&self.rds_data, database(properties, &properties.role_secret_arn)).await?;
        if !warnings.is_empty() {
            tracing::warn!(role = login.role(), warnings, "the role could do more than read");
        }
        warnings.truncate(warnings.floor_char_boundary(MAX_WARNINGS_BYTES));
        let id = PhysicalId {
            role: login.role().to_owned(),
            cluster_arn: properties.cluster_arn.clone(),
        };
        Ok(Answer { physical_resource_id: id.to_string(), data: Data { role: id.role, warnings } })
    }

    /// By the resource's name alone, since the secret may have another role in it by now, or be gone.
    async fn remove(&self, event: &Event) -> Result<Answer, Error> {
        let name = event.physical_resource_id.clone().unwrap_or_default();
        let removed = Answer { physical_resource_id: name.clone(), data: Data::default() };
        let Some(PhysicalId { role, cluster_arn }) = PhysicalId::parse(&name) else {
            tracing::info!("nothing was made under this name");
            return Ok(removed);
        };
        let properties = &event.resource_properties;
        let admin = Database { cluster_arn, ..database(properties, &properties.admin_secret_arn) };
        let transaction = match Transaction::begin(&self.rds_data, &admin).await {
            Ok(transaction) => transaction,
            Err(BeginError::Gone(error)) => {
                tracing::warn!(role, %error, "the database is gone, and the role with it");
                return Ok(removed);
            }
            Err(BeginError::Other(error)) => return Err(error),
        };
        match provision::remove(&transaction, &role).await {
            Ok(()) => transaction.commit().await?,
            Err(error) => {
                transaction.rollback().await;
                return Err(error);
            }
        }
        Ok(removed)
    }
}

fn database(properties: &Properties, secret_arn: &str) -> Database {
    Database {
        cluster_arn: properties.cluster_arn.clone(),
        secret_arn: secret_arn.to_owned(),
        name: properties.database.clone(),
    }
}
