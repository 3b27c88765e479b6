//! `quaestor demo`: every cadence of the sample questions, start to end.

use anyhow::Result;
use reporting::Cadence;
use reporting::close::{Answer, Run};

use crate::arguments::{DatabaseArguments, DemoArguments, Format};
use crate::files::Files;
use crate::installation::Installation;
use crate::run::{mirror, one};
use crate::show::rows;
use crate::{output, summary, system};

/// The rows of a report that are shown at the end.
const SHOWN_ROWS: usize = 5;

/// `true` when every run came to its end: the sample holds questions that are meant to fail.
pub(crate) async fn demo(arguments: DemoArguments) -> Result<bool> {
    // The sample it is, whatever DATABASE_URL says.
    let sample = DatabaseArguments { database_url: None };
    let runs = system::during(None, &arguments.system, &sample, async |installation| {
        every_cadence(installation, &arguments).await
    })
    .await?;
    if arguments.system.json {
        let objects: Vec<_> = runs.iter().map(summary::object).collect();
        output::line(serde_json::to_string_pretty(&objects)?)?;
        return Ok(true);
    }
    let mut answers = runs.iter().flat_map(|run| &run.answers);
    if let Some(answer) = answers.find(|answer| answer.row_count > Some(1)) {
        show(answer, &arguments).await?;
    }
    output::line(
        "Ask your own: a question in a file, then  quaestor run FILE --database-url postgres://…",
    )?;
    Ok(true)
}

async fn every_cadence(installation: &Installation, arguments: &DemoArguments) -> Result<Vec<Run>> {
    mirror(installation, &arguments.system.questions).await?;
    let quiet = arguments.system.json;
    let mut runs = Vec::new();
    for cadence in Cadence::ALL {
        let run = one(installation, cadence, arguments.as_of, None, "UTC", quiet).await?;
        if !quiet {
            output::line(summary::text(&run, &installation.files.place("")))?;
        }
        runs.push(run);
    }
    Ok(runs)
}

/// The SQL and the first rows of one report, from its file.
async fn show(answer: &Answer, arguments: &DemoArguments) -> Result<()> {
    let data_dir = &arguments.system.data_dir;
    output::line(format_args!("quaestor show {} --data-dir {}", answer.id, data_dir.display()))?;
    if let Some(key) = &answer.report_key {
        let report = Files::of_data_dir(data_dir).open(key).await?;
        rows::print(report, Format::Table, SHOWN_ROWS)?;
    }
    output::line("")
}
