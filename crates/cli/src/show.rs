//! `quaestor show`: a report, as people, spreadsheets and programs want it.

pub(crate) mod rows;
mod tables;

use anyhow::{Context as _, Result, bail, ensure};
use jiff::tz::TimeZone;
use reporting::{AsOf, Cadence};

use crate::arguments::{Format, ShowArguments};
use crate::files::Files;
use crate::{output, system};

/// The folder of every report.
const REPORTS: &str = "reports/";

/// A report on file: a question's id and a partition.
struct OnFile {
    id: String,
    partition: String,
    key: String,
}

/// Always `true`: there is a report, or an error says that there is none.
pub(crate) async fn show(arguments: &ShowArguments, stack: Option<&str>) -> Result<bool> {
    if arguments.tables {
        ensure!(
            stack.is_none(),
            "--tables is for a system on this machine; Athena shows those of a stack"
        );
        return tables::list(&arguments.data_dir, arguments.json).map(|()| true);
    }
    let files = match stack {
        Some(stack) => system::deployed(stack).await?.files,
        None => Files::of_data_dir(&arguments.data_dir),
    };
    let reports = on_file(&files).await?;
    let Some(id) = &arguments.id else {
        return list(&reports, &files, arguments.json).map(|()| true);
    };
    let newest = reports
        .iter()
        .filter(|report| report.id == *id)
        .filter(|report| arguments.as_of.as_ref().is_none_or(|as_of| is_of(report, as_of)))
        .max_by(|one, other| one.partition.cmp(&other.partition));
    let Some(report) = newest else {
        bail!(
            "no report of `{id}`{} in {}; `quaestor show` lists what is there",
            arguments.as_of.as_ref().map(|as_of| format!(" as of {as_of}")).unwrap_or_default(),
            files.place(REPORTS)
        );
    };
    let format = if arguments.json { Format::Json } else { arguments.format };
    let file = files.open(&report.key).await?;
    rows::print(file, format, arguments.limit)
        .with_context(|| format!("failed to show `{}`", files.place(&report.key)))?;
    Ok(true)
}

/// By the partition as it stands, or by the time that `run` was given.
fn is_of(report: &OnFile, as_of: &str) -> bool {
    let of_time = |as_of: AsOf| {
        Cadence::ALL
            .iter()
            .any(|cadence| cadence.partition(as_of, &TimeZone::UTC) == report.partition)
    };
    report.partition == as_of || as_of.parse().is_ok_and(of_time)
}

async fn on_file(files: &Files) -> Result<Vec<OnFile>> {
    let reports = files.list(REPORTS).await?.into_iter().filter_map(|key| {
        let (id, rest) = key.strip_prefix(REPORTS)?.split_once("/as_of=")?;
        let partition = rest.strip_suffix("/report.parquet")?;
        Some(OnFile { id: id.to_owned(), partition: partition.to_owned(), key })
    });
    let mut reports: Vec<_> = reports.collect();
    if reports.is_empty() {
        let place = files.place(REPORTS);
        bail!("no reports in {place}; `quaestor run daily` or `quaestor demo` makes some");
    }
    reports.sort_by(|one, other| (&one.id, &one.partition).cmp(&(&other.id, &other.partition)));
    Ok(reports)
}

fn list(reports: &[OnFile], files: &Files, json: bool) -> Result<()> {
    if json {
        let rows = reports.iter().map(|report| serde_json::json!({ "id": report.id, "as_of": report.partition, "path": files.place(&report.key) }));
        output::line(serde_json::to_string_pretty(&rows.collect::<Vec<_>>())?)?;
        return Ok(());
    }
    let mut table = crate::summary::table(["question", "as of", "path"]);
    for report in reports {
        table.add_row([&report.id, &report.partition, &files.place(&report.key)]);
    }
    output::line(table)
}
