//! Which agent is asked: an explicit setting, with settings of its own.

use aws::{BedrockAgent, Clients, ConverseAgent, ConverseSettings};
use lambda_shell::{Environment, MissingVariable};
use reporting::Error;
use reporting::ask::{Agent, AgentReply, AgentRequest};

/// The ways to ask, behind the one port.
pub(crate) enum Backend {
    /// InvokeAgent, for accounts that have Bedrock Agents.
    BedrockAgent(BedrockAgent),
    /// Our own loop over Converse.
    Converse(ConverseAgent),
}

/// Why no agent can be asked.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BackendError {
    #[error(transparent)]
    Missing(#[from] MissingVariable),
    #[error("`QUAESTOR_AGENT_BACKEND` is `{0}`; set it to `bedrock-agent` or `converse`")]
    Unknown(String),
}

impl Backend {
    /// Reads the settings of the way that `QUAESTOR_AGENT_BACKEND` names, and of no other.
    pub(crate) fn new(
        environment: &Environment,
        clients: &Clients,
    ) -> Result<Backend, BackendError> {
        let backend = environment.require("QUAESTOR_AGENT_BACKEND")?;
        match backend.as_str() {
            "bedrock-agent" => Ok(Backend::BedrockAgent(BedrockAgent::new(
                clients.bedrock_agent(),
                environment.require("QUAESTOR_AGENT_ID")?,
                environment.require("QUAESTOR_AGENT_ALIAS_ID")?,
            ))),
            "converse" => {
                let settings = ConverseSettings {
                    model_id: environment.require("QUAESTOR_MODEL_ID")?,
                    guardrail_id: environment.require("QUAESTOR_GUARDRAIL_ID")?,
                    guardrail_version: environment.require("QUAESTOR_GUARDRAIL_VERSION")?,
                    generate_function: environment.require("QUAESTOR_GENERATE_FUNCTION")?,
                    execute_function: environment.require("QUAESTOR_EXECUTE_FUNCTION")?,
                };
                Ok(Backend::Converse(ConverseAgent::new(clients, settings)))
            }
            _ => Err(BackendError::Unknown(backend)),
        }
    }
}

impl Agent for Backend {
    async fn ask(&self, request: &AgentRequest) -> Result<AgentReply, Error> {
        match self {
            Backend::BedrockAgent(agent) => agent.ask(request).await,
            Backend::Converse(agent) => agent.ask(request).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<const N: usize>(pairs: [(&str, &str); N], expected: Result<&str, &str>) {
        let clients = Clients::at_endpoint("http://127.0.0.1:1", "us-east-1", "key", "secret");
        let made = Backend::new(&Environment::from(pairs), &clients);
        let made = made.map(|backend| match backend {
            Backend::BedrockAgent(_) => "bedrock-agent",
            Backend::Converse(_) => "converse",
        });
        assert_eq!(made.map_err(|error| error.to_string()), expected.map_err(str::to_owned));
    }

    #[test]
    fn the_way_to_ask_is_named_and_has_its_own_settings() {
        let backend = |name| ("QUAESTOR_AGENT_BACKEND", name);
        let id = ("QUAESTOR_AGENT_ID", "A");
        check(
            [backend("bedrock-agent"), id, ("QUAESTOR_AGENT_ALIAS_ID", "L")],
            Ok("bedrock-agent"),
        );
        let converse = [
            backend("converse"),
            ("QUAESTOR_MODEL_ID", "m"),
            ("QUAESTOR_GUARDRAIL_ID", "g"),
            ("QUAESTOR_GUARDRAIL_VERSION", "1"),
            ("QUAESTOR_GENERATE_FUNCTION", "generate-query"),
            ("QUAESTOR_EXECUTE_FUNCTION", "execute-query"),
        ];
        check(converse, Ok("converse"));
        for (index, (missing, _)) in converse.into_iter().enumerate() {
            let mut pairs = converse;
            pairs[index].1 = "";
            let expected = format!("the environment variable `{missing}` is not set");
            check(pairs, Err(&expected));
        }
        let missing = "the environment variable `QUAESTOR_AGENT_ALIAS_ID` is not set";
        check([backend("bedrock-agent"), id], Err(missing));
        check(
            [backend("agentcore"), id],
            Err("`QUAESTOR_AGENT_BACKEND` is `agentcore`; set it to `bedrock-agent` or `converse`"),
        );
    }
}
