//! Who runs PostgreSQL: it refuses to run as root, so root lends it to a user that can do nothing else.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::Result;

/// The users to lend to, the better one first.
const CANDIDATES: &[&str] = &["postgres", "nobody"];

/// A user of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    /// Its name, for people.
    pub(crate) name: String,
    /// Its user and group id; `None` when it is ourselves.
    ids: Option<(u32, u32)>,
}

impl User {
    /// Ourselves, or for root an unprivileged user of the machine.
    pub(crate) fn unprivileged() -> Result<Self> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self { name: "this user".to_owned(), ids: None });
        }
        let users = fs::read_to_string("/etc/passwd").map_err(|e| format!("/etc/passwd: {e}"))?;
        let found = CANDIDATES.iter().find_map(|name| Self::parse(&users, name));
        found.ok_or_else(|| {
            format!("PostgreSQL does not run as root, and there is no user {}", CANDIDATES.join(" or "))
        })
    }

    /// The user of this name in the format of passwd(5).
    fn parse(users: &str, name: &str) -> Option<Self> {
        let line = users.lines().find(|l| l.split(':').next() == Some(name))?;
        let mut ids = line.split(':').skip(2).map(str::parse);
        match (ids.next()?, ids.next()?) {
            (Ok(uid), Ok(gid)) if uid != 0 => Some(Self { name: name.to_owned(), ids: Some((uid, gid)) }),
            _ => None,
        }
    }

    /// Makes a file or directory this user's own.
    pub(crate) fn give(&self, path: &Path) -> Result {
        let Some((uid, gid)) = self.ids else { return Ok(()) };
        chown(path, Some(uid), Some(gid))
            .map_err(|e| format!("{}: cannot be given to {}: {e}", path.display(), self.name))
    }

    /// A command that this user runs in that directory. As root the supplementary groups are
    /// dropped with the user (std does so).
    pub(crate) fn command(&self, program: &Path, directory: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(directory);
        if let Some((uid, gid)) = self.ids {
            command.uid(uid).gid(gid);
        }
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(users: &str, name: &str, expect: Option<(u32, u32)>) {
        assert_eq!(User::parse(users, name).map(|u| u.ids.unwrap()), expect, "{users}");
    }

    #[test]
    fn a_user_is_read_from_passwd() {
        let users =
            "root:x:0:0:root:/root:/bin/sh\npostgres:x:101:104:PostgreSQL,,,:/var/lib/postgresql:/bin/bash\n";
        check(users, "postgres", Some((101, 104)));
        check(users, "nobody", None);
        check("nobody:x:0:0::/:", "nobody", None);
        check("nobody:x", "nobody", None);
        check("nobody:x:many:1::/:", "nobody", None);
    }

    #[test]
    fn nobody_runs_it_as_root() {
        let user = User::unprivileged().unwrap();
        let mut id = user.command(Path::new("/usr/bin/id"), Path::new("/"));
        id.arg("-u");
        if let Ok(uid) = crate::shell::output(&mut id) {
            assert_ne!(uid.trim(), "0");
        }
    }
}
