//! `quaestor show`: a report, as people, spreadsheets and programs want it.

pub(crate) mod rows;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use jiff::tz::TimeZone;
use reporting::{AsOf, Cadence};

use crate::arguments::{Format, ShowArguments};
use crate::output;
use crate::system::BUCKET;

/// A report on file: a question's id and a partition.
struct OnFile {
    id: String,
    partition: String,
    path: PathBuf,
}

/// Always `true`: there is a report, or an error says that there is none.
pub(crate) fn show(arguments: &ShowArguments) -> Result<bool> {
    let folder = arguments.data_dir.join("s3").join(BUCKET).join("reports");
    let reports = on_file(&folder)?;
    let Some(id) = &arguments.id else {
        return list(&reports, arguments.json).map(|()| true);
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
            folder.display()
        );
    };
    let format = if arguments.json { Format::Json } else { arguments.format };
    rows::print(&report.path, format, arguments.limit)
        .with_context(|| format!("failed to show `{}`", report.path.display()))?;
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

fn on_file(folder: &Path) -> Result<Vec<OnFile>> {
    let mut reports = Vec::new();
    if !folder.exists() {
        bail!(
            "no reports in {}; `quaestor run daily` or `quaestor demo` makes some",
            folder.display()
        );
    }
    for question in folder.read_dir()? {
        let question = question?;
        for partition in question.path().read_dir().into_iter().flatten() {
            let partition = partition?;
            let name = partition.file_name().to_string_lossy().into_owned();
            let path = partition.path().join("report.parquet");
            if let Some(value) = name.strip_prefix("as_of=").filter(|_| path.exists()) {
                reports.push(OnFile {
                    id: question.file_name().to_string_lossy().into_owned(),
                    partition: value.to_owned(),
                    path,
                });
            }
        }
    }
    reports.sort_by(|one, other| (&one.id, &one.partition).cmp(&(&other.id, &other.partition)));
    Ok(reports)
}

fn list(reports: &[OnFile], json: bool) -> Result<()> {
    if json {
        let rows = reports.iter().map(|report| serde_json::json!({ "id": report.id, "as_of": report.partition, "path": report.path }));
        output::line(serde_json::to_string_pretty(&rows.collect::<Vec<_>>())?)?;
        return Ok(());
    }
    let mut table = crate::summary::table(["question", "as of", "path"]);
    for report in reports {
        table.add_row([&report.id, &report.partition, &report.path.display().to_string()]);
    }
    output::line(table)
}
