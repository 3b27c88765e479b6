//! `quaestor demo`: every cadence of the sample questions, start to end.

use anyhow::Result;
use reporting::Cadence;
use reporting::close::{Answer, Run};

use crate::arguments::{DemoArguments, Format};
use crate::run::{mirror, one};
use crate::show::rows;
use crate::system::{self, BUCKET, Running};
use crate::{output, summary};

/// The rows of a report that are shown at the end.
const SHOWN_ROWS: usize = 5;

/// `true` when every run came to its end: the sample holds questions that are meant to fail.
pub(crate) async fn demo(arguments: DemoArguments) -> Result<bool> {
    let runs = system::during(&arguments.system, None, async |running| {
        every_cadence(running, &arguments).await
    })
    .await?;
    if arguments.system.json {
        let objects: Vec<_> = runs.iter().map(summary::object).collect();
        output::line(serde_json::to_string_pretty(&objects)?)?;
        return Ok(true);
    }
    let mut answers = runs.iter().flat_map(|run| &run.answers);
    if let Some(answer) = answers.find(|answer| answer.row_count > Some(1)) {
        show(answer, &arguments)?;
    }
    output::line(
        "Ask your own: a question in a file, then  quaestor run FILE --database-url postgres://…",
    )?;
    Ok(true)
}

async fn every_cadence(running: &Running, arguments: &DemoArguments) -> Result<Vec<Run>> {
    mirror(running, &arguments.system.questions).await?;
    let quiet = arguments.system.json;
    let mut runs = Vec::new();
    for cadence in Cadence::ALL {
        let run = one(running, cadence, arguments.as_of, None, "UTC", quiet).await?;
        if !quiet {
            output::line(summary::text(&run, &arguments.system.data_dir))?;
        }
        runs.push(run);
    }
    Ok(runs)
}

/// The SQL and the first rows of one report, from its file.
fn show(answer: &Answer, arguments: &DemoArguments) -> Result<()> {
    let data_dir = &arguments.system.data_dir;
    output::line(format_args!("quaestor show {} --data-dir {}", answer.id, data_dir.display()))?;
    if let Some(key) = &answer.report_key {
        rows::print(&data_dir.join("s3").join(BUCKET).join(key), Format::Table, SHOWN_ROWS)?;
    }
    output::line("")
}
