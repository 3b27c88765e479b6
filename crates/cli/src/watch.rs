//! The folder that `up` watches: which question files have come, changed or gone since the last look.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use reporting::{Cadence, keys, question};

/// A folder of questions, looked at now and then.
///
/// A file is given when it was the same at two looks, so that one that is still being written is left
/// alone. Its key follows from where it lies: `daily/a.md` keeps its cadence, `a.md` is asked at once.
#[derive(Debug)]
pub(crate) struct Watch {
    folder: PathBuf,
    seen: BTreeMap<String, Found>,
    filed: BTreeMap<String, Found>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    path: PathBuf,
    modified: SystemTime,
    size_bytes: u64,
}

/// What to do to the bucket, by key.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) settled: Vec<(String, PathBuf)>,
    pub(crate) gone: Vec<String>,
}

impl Watch {
    /// Takes the first look.
    pub(crate) fn begin(folder: &Path) -> Watch {
        let seen = scan(folder).unwrap_or_default();
        Watch { folder: folder.to_owned(), seen, filed: BTreeMap::new() }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What has changed. A folder that cannot be read has not changed: it may be back soon.
    pub(crate) fn look(&mut self) -> Changes {
        scan(&self.folder).map(|found| self.compare(found)).unwrap_or_default()
    }

    /// The file could not be filed: it is given again.
    pub(crate) fn again(&mut self, key: &str) {
        self.filed.remove(key);
    }

    fn compare(&mut self, found: BTreeMap<String, Found>) -> Changes {
        let mut changes = Changes::default();
        for (key, file) in &found {
            if self.seen.get(key) == Some(file) && self.filed.get(key) != Some(file) {
                changes.settled.push((key.clone(), file.path.clone()));
                self.filed.insert(key.clone(), file.clone());
            }
        }
        self.filed.retain(|key, _| {
            let stays = found.contains_key(key);
            if !stays {
                changes.gone.push(key.clone());
            }
            stays
        });
        self.seen = found;
        changes
    }
}

/// The question files in the folder itself and in the folders of its cadences.
fn scan(folder: &Path) -> io::Result<BTreeMap<String, Found>> {
    let mut found = BTreeMap::new();
    files(folder, Cadence::Adhoc, &mut found)?;
    for cadence in Cadence::ALL {
        match files(&folder.join(cadence.folder()), cadence, &mut found) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(found)
}

fn files(folder: &Path, cadence: Cadence, found: &mut BTreeMap<String, Found>) -> io::Result<()> {
    for entry in folder.read_dir()? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let key = format!("{}{name}", keys::questions(cadence));
        // It may be gone by now: then it is none of this look.
        let Ok(metadata) = path.metadata() else { continue };
        if metadata.is_file() && question::of_key(&key).is_some() {
            let modified = metadata.modified()?;
            found.insert(key, Found { path, modified, size_bytes: metadata.len() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::*;

    fn found(files: &[(&str, u64)]) -> BTreeMap<String, Found> {
        let file = |&(key, age): &(&str, u64)| {
            let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(age);
            (key.to_owned(), Found { path: PathBuf::from(key), modified, size_bytes: age })
        };
        files.iter().map(file).collect()
    }

    #[test]
    fn a_file_is_given_once_it_rests() {
        let mut watch =
            Watch { folder: PathBuf::new(), seen: BTreeMap::new(), filed: BTreeMap::new() };
        let mut check = |files: &[(&str, u64)], settled: &[&str], gone: &[&str]| {
            let changes = watch.compare(found(files));
            let keys: Vec<&str> = changes.settled.iter().map(|(key, _)| key.as_str()).collect();
            assert_eq!(
                (keys.as_slice(), changes.gone),
                (settled, gone.iter().map(|key| (*key).to_owned()).collect()),
                "{files:?}"
            );
        };
        check(&[("a", 1)], &[], &[]);
        check(&[("a", 2)], &[], &[]);
        check(&[("a", 2), ("b", 1)], &["a"], &[]);
        check(&[("a", 2), ("b", 1)], &["b"], &[]);
        check(&[("a", 3), ("b", 1)], &[], &[]);
        check(&[("a", 3)], &["a"], &["b"]);
        check(&[("a", 3), ("c", 1)], &[], &[]);
        check(&[], &[], &["a"]);
    }

    #[test]
    fn keys_follow_the_folders() {
        let folder = std::env::temp_dir().join(format!("quaestor-watch-{}", std::process::id()));
        for file in
            ["a.md", "daily/b.txt", "daily/.b.txt.swp", "daily/b.txt~", "README.md", "drafts/c.md"]
        {
            let file = folder.join(file);
            fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            fs::write(file, "How many?").expect("a file");
        }
        let mut watch = Watch::begin(&folder);
        let keys: Vec<String> = watch.look().settled.into_iter().map(|(key, _)| key).collect();
        fs::remove_dir_all(&folder).expect("the folder goes");
        assert_eq!(keys, ["questions/adhoc/a.md", "questions/daily/b.txt"]);
        assert_eq!(watch.look(), Changes::default(), "a folder that is away has not changed");
    }
}
