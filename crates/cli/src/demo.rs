//! `quaestor demo`: every cadence of the sample questions, start to end.

use anyhow::Result;
use reporting::Cadence;
use reporting::close::Run;

use crate::arguments::DemoArguments;
use crate::run::{mirror, one};
use crate::summary;
use crate::system::{self, Running};

/// `true` when every run came to its end: the sample holds questions that are meant to fail.
pub(crate) async fn demo(arguments: DemoArguments) -> Result<bool> {
    let running = system::start(&arguments.system).await?;
    let done = Box::pin(every_cadence(&running, &arguments)).await;
    running.system.stop().await;
    let runs = done?;
    if arguments.system.json {
        println!(
            "{}",
            serde_json::to_string_pretty(&runs.iter().map(summary::object).collect::<Vec<_>>())?
        );
        return Ok(true);
    }
    let report = runs.iter().flat_map(|run| &run.answers).find(|answer| answer.row_count > Some(1));
    if let Some(answer) = report {
        println!(
            "Look at one:  quaestor show {} --data-dir {}",
            answer.id,
            arguments.system.data_dir.display()
        );
    }
    println!(
        "Ask your own: put a question into a file, then  quaestor run FILE --database-url postgres://…"
    );
    Ok(true)
}

async fn every_cadence(running: &Running, arguments: &DemoArguments) -> Result<Vec<Run>> {
    mirror(running, &arguments.system.questions).await?;
    let mut runs = Vec::new();
    for cadence in Cadence::ALL {
        let run =
            one(running, cadence, arguments.as_of, None, "UTC", arguments.system.json).await?;
        if !arguments.system.json {
            summary::print(&run, &arguments.system.data_dir);
        }
        runs.push(run);
    }
    Ok(runs)
}
