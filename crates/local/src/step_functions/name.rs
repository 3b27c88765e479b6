//! Names and ARNs of executions.

use crate::credentials::{ACCOUNT, REGION};

/// A name has at most this many characters.
const MAX_NAME_CHARS: usize = 80;

/// The ARN of a local state machine.
pub fn state_machine_arn(name: &str) -> String {
    format!("arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}")
}

/// The ARN of an execution of a local state machine.
pub fn execution_arn(state_machine: &str, name: &str) -> String {
    format!("arn:aws:states:{REGION}:{ACCOUNT}:execution:{state_machine}:{name}")
}

/// The execution's name within its ARN, if it is one of `state_machine`.
pub(super) fn of_arn<'a>(state_machine: &str, arn: &'a str) -> Option<&'a str> {
    arn.strip_prefix(execution_arn(state_machine, "").as_str()).filter(|name| is_valid(name))
}

/// Whether an execution may have this name.
/// <https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html>
pub(super) fn is_valid(name: &str) -> bool {
    let refused = |character: char| {
        character.is_whitespace()
            || character.is_control()
            || "<>{}[]?*\"#%\\^|~`$&,;:/".contains(character)
    };
    (1..=MAX_NAME_CHARS).contains(&name.chars().count()) && !name.contains(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_name_may_be() {
        let check = |name: &str, valid: bool| assert_eq!(is_valid(name), valid, "{name:?}");
        check("daily-20261122T060000Z", true);
        check("adhoc-0a1b2c_r2.x", true);
        check(&"n".repeat(80), true);
        check(&"n".repeat(81), false);
        check("", false);
        check("daily-2026-11-22T06:00:00Z", false);
        check("../../etc", false);
        check("two words", false);
        check("tab\t", false);
        check("every*", false);
    }

    #[test]
    fn an_arn_names_its_execution() {
        let check = |arn: &str, name: Option<&str>| assert_eq!(of_arn("report-run", arn), name);
        check(&execution_arn("report-run", "daily-1"), Some("daily-1"));
        check(&execution_arn("other", "daily-1"), None);
        check(&execution_arn("report-run", "../x"), None);
        check("daily-1", None);
    }
}
