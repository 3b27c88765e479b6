//! The eight functions, as they are deployed here: programs, environments, time-outs, memory.

use std::{path::Path, time::Duration};

use super::AgentBackend;
use crate::{
    credentials::{Credentials, REGION},
    lambda::Function,
};

/// Those that may not list the bucket, as infra/review/permissions.ts has it: they have nothing to do with it.
pub(super) const WITHOUT_LISTING: [&str; 2] = ["start-run", "provision-database"];

/// What the functions are told of the system around them.
pub(super) struct Surroundings<'a> {
    pub(super) endpoint_url: &'a str,
    pub(super) credentials: &'a Credentials,
    pub(super) bucket: &'a str,
    pub(super) glue_database: &'a str,
    pub(super) cluster_arn: &'a str,
    pub(super) secret_arn: &'a str,
    pub(super) database: &'a str,
    pub(super) state_machine_arn: &'a str,
    pub(super) agent: AgentBackend,
    pub(super) agent_id: &'a str,
    pub(super) agent_alias_id: &'a str,
    pub(super) model_id: &'a str,
    pub(super) guardrail_id: &'a str,
}

/// Each with its program in `folder`, named like it.
pub(super) fn functions(folder: &Path, around: &Surroundings<'_>) -> Vec<Function> {
    let starts = &[("QUAESTOR_STATE_MACHINE_ARN", around.state_machine_arn)];
    let asks: &[_] = match around.agent {
        AgentBackend::BedrockAgent => &[
            ("QUAESTOR_AGENT_BACKEND", "bedrock-agent"),
            ("QUAESTOR_AGENT_ID", around.agent_id),
            ("QUAESTOR_AGENT_ALIAS_ID", around.agent_alias_id),
        ],
        AgentBackend::Converse => &[
            ("QUAESTOR_AGENT_BACKEND", "converse"),
            ("QUAESTOR_MODEL_ID", around.model_id),
            ("QUAESTOR_GUARDRAIL_ID", around.guardrail_id),
            ("QUAESTOR_GUARDRAIL_VERSION", "DRAFT"),
            ("QUAESTOR_GENERATE_FUNCTION", "generate-query"),
            ("QUAESTOR_EXECUTE_FUNCTION", "execute-query"),
        ],
    };
    let [cluster, secret, database] = [
        ("QUAESTOR_CLUSTER_ARN", around.cluster_arn),
        ("QUAESTOR_SECRET_ARN", around.secret_arn),
        ("QUAESTOR_DATABASE", around.database),
    ];
    let reads = &[cluster, secret, database];
    let catalog = ("QUAESTOR_GLUE_DATABASE", around.glue_database);
    // As it is deployed: infra/lib/functions.ts.
    let heap = [
        ("MALLOC_ARENA_MAX", "1"),
        ("MALLOC_MMAP_THRESHOLD_", "262144"),
        ("MALLOC_TRIM_THRESHOLD_", "1048576"),
    ];
    let writes = &[cluster, secret, database, catalog, heap[0], heap[1], heap[2]];
    let generates = &[cluster, secret, database, ("QUAESTOR_MODEL_ID", around.model_id)];
    vec![
        around.function(folder, "start-run", 30, 128, starts),
        around.function(folder, "plan-run", 120, 256, reads),
        around.function(folder, "ask-agent", 600, 256, asks),
        around.function(folder, "generate-query", 120, 256, generates),
        around.function(folder, "execute-query", 60, 256, reads),
        around.function(folder, "write-report", 900, 1024, writes),
        around.function(folder, "close-run", 300, 512, &[catalog]),
        around.function(folder, "provision-database", 300, 128, &[]),
    ]
}

impl Surroundings<'_> {
    fn function(
        &self,
        folder: &Path,
        name: &str,
        timeout_seconds: u64,
        memory_mb: u32,
        own: &[(&str, &str)],
    ) -> Function {
        let credentials = self.credentials.of_function(name);
        let common = [
            ("QUAESTOR_BUCKET", self.bucket),
            ("AWS_ENDPOINT_URL", self.endpoint_url),
            ("AWS_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", &credentials.access_key_id),
            ("AWS_SECRET_ACCESS_KEY", &credentials.secret_access_key),
        ];
        let environment = common
            .iter()
            .chain(own)
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Function {
            name: name.to_owned(),
            binary: folder.join(name),
            environment,
            timeout: Duration::from_secs(timeout_seconds),
            memory_mb,
        }
    }
}
