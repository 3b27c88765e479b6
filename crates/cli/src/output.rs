//! Standard output, to which a reader may have stopped listening (`quaestor show | head`).

use std::fmt::Display;
use std::io::{self, ErrorKind, Write as _};

use anyhow::Result;

/// Prints one line, or several that `text` holds.
pub(crate) fn line(text: impl Display) -> Result<()> {
    Ok(writeln!(io::stdout().lock(), "{text}")?)
}

/// Whether a command ended only because nobody reads on: that is no failure.
pub(crate) fn is_nobody_listening(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io_error = cause.downcast_ref::<io::Error>();
        io_error.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
    })
}
