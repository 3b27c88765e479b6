//! What each sample question should come to, written by hand and not by any program.

use std::{collections::BTreeMap, path::Path};

use crate::quaestor::repository;

/// What a question should come to.
#[derive(Debug, PartialEq)]
pub(crate) enum Expected {
    /// The columns and rows of this SQL, in its order; "now" is written out as the as-of.
    Rows(String),
    /// No report, with this `error_type`.
    Declined(String),
}

/// `fixtures/expected/<id>.sql` and `<id>.declined`, by id.
pub(crate) fn expected() -> BTreeMap<String, Expected> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/expected");
    let files = folder.read_dir().expect("the fixtures").map(|entry| entry.expect("a file").path());
    files
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("UTF-8").trim().to_owned();
            let expected = match path.extension().and_then(|ending| ending.to_str()) {
                Some("sql") => Expected::Rows(text),
                Some("declined") => Expected::Declined(text),
                _ => panic!("`{}` is neither .sql nor .declined", path.display()),
            };
            (stem(&path), expected)
        })
        .collect()
}

/// The sample's cadences, each with the ids of its questions.
pub(crate) fn questions() -> BTreeMap<String, Vec<String>> {
    let folders = repository().join("questions").read_dir().expect("the questions");
    folders
        .map(|folder| folder.expect("a folder").path())
        .filter(|folder| folder.is_dir())
        .map(|folder| {
            let files = folder.read_dir().expect("a cadence's questions");
            let mut ids: Vec<_> = files.map(|file| stem(&file.expect("a file").path())).collect();
            ids.sort();
            (stem(&folder), ids)
        })
        .collect()
}

fn stem(path: &Path) -> String {
    path.file_stem().and_then(|stem| stem.to_str()).expect("UTF-8").to_owned()
}
