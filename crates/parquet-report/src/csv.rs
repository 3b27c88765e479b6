//! A report as CSV.

use std::io::Write;

use crate::{Cells, Error, ReportReader};

/// Writes a header of the original names and every row, as RFC 4180 has it but with `\n` at the ends of
/// lines. NULL is nothing and the empty string is `""`, as in PostgreSQL's own CSV.
pub fn write_csv(report: ReportReader, mut out: impl Write) -> Result<(), Error> {
    let names: Vec<_> =
        report.columns().iter().map(|column| Some(column.original.clone())).collect();
    write_line(&mut out, names)?;
    for batch in report {
        let batch = batch?;
        let cells = Cells::new(&batch);
        for row in 0..batch.num_rows() {
            write_line(&mut out, (0..batch.num_columns()).map(|column| cells.text(row, column)))?;
        }
    }
    Ok(out.flush()?)
}

fn write_line(
    out: &mut impl Write,
    cells: impl IntoIterator<Item = Option<String>>,
) -> Result<(), Error> {
    for (index, cell) in cells.into_iter().enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        match cell {
            None => {}
            Some(text) if text.is_empty() || text.contains([',', '"', '\n', '\r']) => {
                write!(out, "\"{}\"", text.replace('"', "\"\""))?;
            }
            Some(text) => out.write_all(text.as_bytes())?,
        }
    }
    Ok(out.write_all(b"\n")?)
}
