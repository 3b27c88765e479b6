//! `quaestor lint`: are the question files in order?

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use reporting::{Error, ErrorKind, SettledSql, question};
use serde::Serialize;

use crate::arguments::LintArguments;
use crate::output;

#[derive(Debug, Serialize)]
struct Finding {
    file: String,
    ok: bool,
    error_type: Option<&'static str>,
    message: Option<String>,
}

/// `true` when every file is in order.
pub(crate) fn lint(arguments: &LintArguments) -> Result<bool> {
    let mut files = Vec::new();
    for path in &arguments.paths {
        collect(path, &mut files)?;
    }
    files.sort();
    files.dedup();
    if files.is_empty() {
        bail!("no question files there; put one at questions/daily/<id>.md, in plain language");
    }
    let findings = check(&files);
    if arguments.json {
        output::line(serde_json::to_string_pretty(&findings)?)?;
    } else {
        for finding in &findings {
            match &finding.message {
                None => output::line(format_args!("ok      {}", finding.file))?,
                Some(message) => output::line(format_args!("fault   {message}"))?,
            }
        }
        let faults = findings.iter().filter(|finding| !finding.ok).count();
        output::line(format_args!("{} files, {faults} with a fault", findings.len()))?;
    }
    Ok(findings.iter().all(|finding| finding.ok))
}

/// A file as it is given; of a folder, every file that could be a question.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let metadata =
        path.metadata().with_context(|| format!("failed to read `{}`", path.display()))?;
    if !metadata.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in path.read_dir().with_context(|| format!("failed to list `{}`", path.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let documentation = name.eq_ignore_ascii_case("readme.md");
        if !name.starts_with('.') && !documentation {
            collect(&path, files)?;
        }
    }
    Ok(())
}

fn check(files: &[PathBuf]) -> Vec<Finding> {
    let mut first: BTreeMap<String, &Path> = BTreeMap::new();
    let mut findings = Vec::new();
    for file in files {
        let name = file.to_string_lossy();
        let id = question::id_of_file(&name);
        let twin = id.and_then(|id| first.get(id).copied());
        let fault = match twin {
            Some(twin) => Some(Error::new(
                ErrorKind::DuplicateQuestion,
                format!(
                    "{}: shares the id `{}`, and so one table in Athena, with {}; rename one of them",
                    file.display(),
                    id.unwrap_or_default(),
                    twin.display()
                ),
            )),
            None => fault_in(file).err(),
        };
        if let Some(id) = id {
            first.entry(id.to_owned()).or_insert(file);
        }
        findings.push(Finding {
            file: file.display().to_string(),
            ok: fault.is_none(),
            error_type: fault.as_ref().map(|fault| fault.kind().error_type()),
            message: fault.map(|fault| fault.to_string()),
        });
    }
    findings
}

fn fault_in(file: &Path) -> Result<(), Error> {
    let name = file.display().to_string();
    let bytes = std::fs::read(file).map_err(|error| {
        Error::new(ErrorKind::InvalidQuestion, format!("{name}: the file cannot be read: {error}"))
    })?;
    let question = question::read(&name, &bytes)?;
    if let Some(sql) = &question.settings.sql {
        SettledSql::check(sql, &question.settings.tables)
            .map_err(|error| Error::new(error.kind(), format!("{name}: `sql`: {error}")))?;
    }
    Ok(())
}
