//! The user that the server runs as, and a folder that is his alone.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown},
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use super::PostgresError;

/// A socket's path has at most 107 bytes (`sockaddr_un`), its name `/.s.PGSQL.5432` among them,
/// and the folder's own name some 24.
const LONGEST_PARENT: usize = 64;

/// Whom the server's processes belong to.
#[derive(Debug)]
pub(super) struct Account {
    /// User and group to become; nothing when we are not root, and run it as ourselves.
    ids: Option<(u32, u32)>,
}

impl Account {
    /// Ourselves; if that is root, `postgres`, else `nobody`. `initdb` insists that the user
    /// stands in the password file, so the file is where we look.
    pub(super) fn of_the_server() -> Result<Account, PostgresError> {
        let myself =
            fs::metadata("/proc/self").map_err(PostgresError::machine("read `/proc/self`"))?.uid();
        if myself != 0 {
            return Ok(Account { ids: None });
        }
        let users = fs::read_to_string("/etc/passwd")
            .map_err(PostgresError::machine("read `/etc/passwd`"))?;
        let ids = ["postgres", "nobody"].iter().find_map(|name| user_and_group(&users, name));
        ids.map(|ids| Account { ids: Some(ids) }).ok_or(PostgresError::NoAccount)
    }

    /// A fresh folder, mode 0700, owned by the account. Every parent must be open to it, which
    /// the system's temporary folder is, and root's home is not.
    pub(super) fn private_folder(&self) -> Result<TempDir, PostgresError> {
        let parent = [std::env::temp_dir(), PathBuf::from("/tmp"), PathBuf::from("/var/tmp")]
            .into_iter()
            .filter_map(|folder| folder.canonicalize().ok())
            .find(|folder| folder.as_os_str().len() <= LONGEST_PARENT && self.may_enter(folder))
            .ok_or(PostgresError::NoFolder)?;
        let folder = tempfile::Builder::new()
            .prefix("quaestor-postgres-")
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir_in(parent)
            .map_err(PostgresError::machine("create a temporary folder for the database"))?;
        self.own(folder.path())
            .map_err(PostgresError::machine("give the temporary folder to the server's user"))?;
        Ok(folder)
    }

    /// Makes `path` the account's, readable by nobody else.
    pub(super) fn own(&self, path: &Path) -> io::Result<()> {
        if let Some((user, group)) = self.ids {
            chown(path, Some(user), Some(group))?;
        }
        let mode = if path.is_dir() { 0o700 } else { 0o600 };
        fs::set_permissions(path, fs::Permissions::from_mode(mode))
    }

    /// `program`, to run as the account inside `folder`, without our own `PG*` settings.
    pub(super) fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(folder).env("LC_ALL", "C");
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"PG") {
                command.env_remove(name);
            }
        }
        if let Some((user, group)) = self.ids {
            use std::os::unix::process::CommandExt as _;
            command.uid(user).gid(group);
        }
        command
    }

    fn may_enter(&self, folder: &Path) -> bool {
        self.ids.is_none()
            || folder.ancestors().all(|ancestor| {
                fs::metadata(ancestor).is_ok_and(|found| found.permissions().mode() & 0o001 != 0)
            })
    }
}

fn user_and_group(users: &str, name: &str) -> Option<(u32, u32)> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let is_it = fields.next() == Some(name);
        let (user, group) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
        (is_it && user != 0).then_some((user, group))
    })
}

#[cfg(test)]
mod tests {
    use super::user_and_group;

    #[test]
    fn finds_user_and_group_by_name() {
        let users = "root:x:0:0:root:/root:/bin/bash\n\
                     nobody:x:65534:65533::/nonexistent:/bin/false\n\
                     broken\n\
                     postgres:x:101:104:PostgreSQL,,,:/var/lib/postgresql:/bin/bash\n";
        let check = |name, expected| assert_eq!(user_and_group(users, name), expected, "{name}");
        check("postgres", Some((101, 104)));
        check("nobody", Some((65534, 65533)));
        check("root", None);
        check("post", None);
        check("broken", None);
    }
}
