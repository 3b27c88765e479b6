//! Where the server's programs lie on this machine.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use super::PostgresError;

/// Where Debian keeps one folder for each installed version; none of them is on the `PATH`.
const DEBIAN_VERSIONS: &str = "/usr/lib/postgresql";

/// The folder that holds `postgres` and `initdb`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// Looks in `PG_BIN` (which then must have them), on the `PATH`, and in the newest
    /// `/usr/lib/postgresql/*/bin`, in this order.
    pub fn find() -> Result<Programs, PostgresError> {
        let pg_bin = std::env::var_os("PG_BIN").filter(|folder| !folder.is_empty());
        let path = std::env::var_os("PATH").unwrap_or_default();
        Programs::find_in(pg_bin.as_deref().map(Path::new), &path, Path::new(DEBIAN_VERSIONS))
    }

    /// As [`Programs::find`], of the given places.
    pub fn find_in(
        pg_bin: Option<&Path>,
        path: &OsStr,
        versions: &Path,
    ) -> Result<Programs, PostgresError> {
        if let Some(folder) = pg_bin {
            let named = Programs { folder: folder.to_owned() };
            return if named.are_there() {
                Ok(named)
            } else {
                Err(PostgresError::NotInPgBin { folder: folder.to_owned() })
            };
        }
        std::env::split_paths(path)
            .chain(newest_first(versions))
            .map(|folder| Programs { folder })
            .find(Programs::are_there)
            .ok_or(PostgresError::NotInstalled)
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    pub(super) fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    fn are_there(&self) -> bool {
        self.folder.is_absolute() && self.postgres().is_file() && self.initdb().is_file()
    }
}

fn newest_first(versions: &Path) -> impl Iterator<Item = PathBuf> {
    let mut folders: Vec<_> = std::fs::read_dir(versions)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            let numbers: Vec<u32> =
                name.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
            Some((numbers, versions.join(name).join("bin")))
        })
        .collect();
    folders.sort();
    folders.into_iter().rev().map(|(_, folder)| folder)
}
