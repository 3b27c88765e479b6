//! `quaestor lint`: are the question files in order?

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use reporting::question::{self, Entry, Question};
use reporting::schema::{Schema, SchemaReader as _, is_allowed};
use reporting::{Error, ErrorKind, SettledSql};
use serde::Serialize;

use crate::arguments::LintArguments;
use crate::{output, system};

#[derive(Debug, Serialize)]
struct Finding {
    file: String,
    ok: bool,
    error_type: Option<&'static str>,
    message: Option<String>,
}

/// `true` when every file is in order.
pub(crate) async fn lint(arguments: &LintArguments, stack: Option<&str>) -> Result<bool> {
    if arguments.schema {
        output::line(question::SCHEMA.trim_end())?;
        return Ok(true);
    }
    let mut files = Vec::new();
    for path in &arguments.paths {
        collect(path, &mut files)?;
    }
    files.sort();
    files.dedup();
    if files.is_empty() {
        bail!("no question files there; put one at questions/daily/<id>.md, in plain language");
    }
    let schema = match stack {
        Some(stack) => Some(system::deployed(stack).await?.reader()?.read().await?),
        None => None,
    };
    let findings = check(&files, schema.as_ref());
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
        output::line(format_args!("{} questions, {faults} with a fault", findings.len()))?;
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

/// With a schema, what a question names must be in it.
fn check(files: &[PathBuf], schema: Option<&Schema>) -> Vec<Finding> {
    let mut first: BTreeMap<String, String> = BTreeMap::new();
    let mut findings = Vec::new();
    for file in files {
        for Entry { id, place, question } in entries(file) {
            // A file takes its id even when it is at fault.
            let takes_id = question.is_ok() || question::id_of_file(&place).is_some();
            let checked = question.and_then(|question| check_names(&question, schema, &place));
            let fault = checked.and_then(|()| match first.get(&id) {
                Some(twin) => Err(Error::new(
                    ErrorKind::DuplicateQuestion,
                    format!(
                        "{place}: shares the id `{id}`, and so one table in Athena, with {twin}; rename one of them"
                    ),
                )),
                None => Ok(()),
            });
            let fault = fault.err();
            findings.push(Finding {
                file: place.clone(),
                ok: fault.is_none(),
                error_type: fault.as_ref().map(|fault| fault.kind().error_type()),
                message: fault.map(|fault| fault.to_string()),
            });
            if takes_id {
                first.entry(id).or_insert(place);
            }
        }
    }
    findings
}

/// What a file holds; one that cannot be read is one entry with the fault.
fn entries(file: &Path) -> Vec<Entry> {
    let name = file.display().to_string();
    match std::fs::read(file) {
        Ok(bytes) => question::read(&name, &bytes),
        Err(error) => vec![Entry {
            id: name.clone(),
            question: Err(Error::new(
                ErrorKind::InvalidQuestion,
                format!("{name}: the file cannot be read: {error}"),
            )),
            place: name,
        }],
    }
}

fn check_names(question: &Question, schema: Option<&Schema>, place: &str) -> Result<(), Error> {
    let settings = &question.settings;
    if let Some(schema) = schema
        && let Some(missing) = settings.tables.iter().find(|table| !has(schema, table))
    {
        return Err(Error::new(
            ErrorKind::UnknownRelation,
            format!(
                "{place}: `tables`: `{missing}` is not in the deployed database, or its reading role may not see it; \
                 there are {}",
                names(schema)
            ),
        ));
    }
    let Some(sql) = &settings.sql else { return Ok(()) };
    SettledSql::check(sql, &settings.tables, schema)
        .map(|_| ())
        .map_err(|error| Error::new(error.kind(), format!("{place}: `sql`: {error}")))
}

fn has(schema: &Schema, table: &String) -> bool {
    let allowed = std::slice::from_ref(table);
    schema.tables.iter().any(|found| is_allowed(allowed, Some(&found.schema), &found.name))
}

fn names(schema: &Schema) -> String {
    let names = schema.tables.iter().map(|table| format!("{}.{}", table.schema, table.name));
    names.collect::<Vec<_>>().join(", ")
}
