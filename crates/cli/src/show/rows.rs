//! The rows of a report, printed as they are read: a report of any size takes the memory of one batch.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use anyhow::Result;
use parquet_report::{Cells, ReportReader, write_csv};
use serde_json::{Map, Value};

use crate::arguments::Format;

/// The whole report as CSV or JSON, or its first `limit` rows as a table.
pub(crate) fn print(report: File, format: Format, limit: usize) -> Result<()> {
    let report = ReportReader::new(report)?;
    let mut out = BufWriter::new(io::stdout().lock());
    match format {
        Format::Table => table(&mut out, report, limit)?,
        Format::Csv => write_csv(report, &mut out)?,
        Format::Json => json(&mut out, report)?,
    }
    Ok(out.flush()?)
}

fn table(out: &mut impl Write, report: ReportReader, limit: usize) -> Result<()> {
    let row_count = report.row_count();
    let mut table =
        crate::summary::table(report.columns().iter().map(|column| column.original.clone()));
    let mut shown = 0;
    for batch in report {
        let batch = batch?;
        let cells = Cells::new(&batch);
        for row in 0..batch.num_rows().min(limit - shown) {
            let row = (0..batch.num_columns()).map(|column| printable(cells.text(row, column)));
            table.add_row(row);
            shown += 1;
        }
        if shown == limit {
            break;
        }
    }
    writeln!(out, "{table}")?;
    writeln!(out, "{shown} of {row_count} rows")?;
    Ok(())
}

/// A value must not move the cursor or change the colours of the terminal that it is shown on.
pub(crate) fn printable(cell: Option<String>) -> String {
    let shown = |c: char| {
        if c.is_control() && c != '\n' { c.escape_default().to_string() } else { c.to_string() }
    };
    cell.unwrap_or_default().chars().map(shown).collect()
}

/// The first `limit` rows, each an object by column.
pub(crate) fn first(report: File, limit: usize) -> Result<Vec<Value>> {
    let report = ReportReader::new(report)?;
    let names = names(&report);
    let mut rows = Vec::new();
    for batch in report {
        let batch = batch?;
        let cells = Cells::new(&batch);
        let wanted = batch.num_rows().min(limit - rows.len());
        rows.extend((0..wanted).map(|row| object(&names, &cells, row)));
        if rows.len() == limit {
            break;
        }
    }
    Ok(rows)
}

/// An array of objects, one a line.
fn json(out: &mut impl Write, report: ReportReader) -> Result<()> {
    let names = names(&report);
    write!(out, "[")?;
    let mut separator = "\n";
    for batch in report {
        let batch = batch?;
        let cells = Cells::new(&batch);
        for row in 0..batch.num_rows() {
            write!(out, "{separator}{}", object(&names, &cells, row))?;
            separator = ",\n";
        }
    }
    writeln!(out, "\n]")?;
    Ok(())
}

fn names(report: &ReportReader) -> Vec<String> {
    report.columns().iter().map(|column| column.name.clone()).collect()
}

fn object(names: &[String], cells: &Cells<'_>, row: usize) -> Value {
    let cell = |(column, name): (usize, &String)| (name.clone(), cells.json(row, column));
    names.iter().enumerate().map(cell).collect::<Map<_, _>>().into()
}
