//! The stack that stands for a system.

use super::{
    ADMIN_SECRET_ARN, BUCKET, CLUSTER_ARN, READ_ONLY_SECRET_ARN, STATE_MACHINE, database::Connected,
};
use crate::step_functions::state_machine_arn;

/// The name of every system's own stack.
pub const STACK: &str = "local";

/// Its outputs, named as those of a deployed system.
pub(super) fn outputs(connected: &Connected) -> Vec<(&'static str, String)> {
    let is_ours = connected.postgres.is_some();
    let mut outputs = vec![
        ("Bucket", BUCKET.to_owned()),
        ("StateMachineArn", state_machine_arn(STATE_MACHINE)),
        ("StartRunFunction", "start-run".to_owned()),
        ("ClusterArn", CLUSTER_ARN.to_owned()),
        ("ClusterIsOurs", is_ours.to_string()),
        ("DatabaseName", connected.name.clone()),
        ("ReaderSecretArn", READ_ONLY_SECRET_ARN.to_owned()),
    ];
    if is_ours {
        outputs.push(("AdminSecretArn", ADMIN_SECRET_ARN.to_owned()));
    }
    outputs
}
