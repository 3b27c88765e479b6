//! The only starter of runs.

mod handler;

use aws::{Clients, StateMachine};
use lambda_shell::Environment;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    lambda_shell::start_logs();
    let environment = Environment::of_process();
    let clients = Clients::from_environment().await;
    let machine = StateMachine::new(
        clients.step_functions(),
        environment.require("QUAESTOR_STATE_MACHINE_ARN")?,
    );
    lambda_shell::serve(async |event, _| handler::handle(&machine, event).await).await
}
