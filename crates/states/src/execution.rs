//! The identity of an execution and the ARNs that follow from it.

use uuid::Uuid;

/// One execution: a run of the machine, or one item of a Distributed Map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// `arn:aws:states:<region>:<account>:execution:<machine>:<name>`.
    pub arn: String,
    /// The execution's name; a generated one for a child.
    pub name: String,
    /// `arn:aws:states:<region>:<account>:stateMachine:<machine>`; a child's ends in `/<label>`.
    pub state_machine_arn: String,
    /// The Map Run that started this child execution.
    pub map_run_arn: Option<String>,
}

/// An ARN that is not a state machine's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the ARN of a state machine")]
pub struct InvalidArn(String);

impl Execution {
    /// The execution called `name` of the machine with this ARN.
    pub fn new(state_machine_arn: &str, name: &str) -> Result<Self, InvalidArn> {
        let fields: Vec<_> = state_machine_arn.split(':').collect();
        match fields[..] {
            ["arn", _, "states", _, _, "stateMachine", machine] if !machine.is_empty() => {
                Ok(Self {
                    arn: format!("{}:{name}", sibling(state_machine_arn, "execution", machine)),
                    name: name.to_owned(),
                    state_machine_arn: state_machine_arn.to_owned(),
                    map_run_arn: None,
                })
            }
            _ => Err(InvalidArn(state_machine_arn.to_owned())),
        }
    }

    /// The name of the state machine; a child's ends in `/<label>`.
    pub fn state_machine_name(&self) -> &str {
        self.state_machine_arn.rsplit(':').next().unwrap_or_default()
    }

    pub(crate) fn region(&self) -> &str {
        self.arn.split(':').nth(3).unwrap_or_default()
    }

    /// The ARN of a Map Run that this execution starts: `…:mapRun:<machine>/<label>:<id>`.
    pub(crate) fn map_run_arn(&self, label: &str, id: Uuid) -> String {
        let machine = self.labelled(label);
        format!("{}:{id}", sibling(&self.state_machine_arn, "mapRun", &machine))
    }

    /// A child execution of a Map Run.
    pub(crate) fn child(&self, label: &str, map_run_arn: &str, id: Uuid) -> Self {
        let machine = self.labelled(label);
        Self {
            arn: format!("{}:{id}", sibling(&self.state_machine_arn, "execution", &machine)),
            name: id.to_string(),
            state_machine_arn: sibling(&self.state_machine_arn, "stateMachine", &machine),
            map_run_arn: Some(map_run_arn.to_owned()),
        }
    }

    fn labelled(&self, label: &str) -> String {
        let machine = self.state_machine_name();
        format!("{}/{label}", machine.split('/').next().unwrap_or(machine))
    }
}

/// The ARN with the same region and account, of another kind of resource.
fn sibling(state_machine_arn: &str, kind: &str, rest: &str) -> String {
    let owner = state_machine_arn.split(":stateMachine:").next().unwrap_or_default();
    format!("{owner}:{kind}:{rest}")
}
