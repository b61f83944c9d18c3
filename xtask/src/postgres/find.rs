//! Where the programs of PostgreSQL are; on a Debian machine that is ours to change, where they come from.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::{Result, debian, shell};

/// Where Debian keeps each major version, out of the path.
const DEBIAN: &str = "/usr/lib/postgresql";

/// Debian's settings for new clusters.
const CLUSTERS: &str = "/etc/postgresql-common/createcluster.conf";

/// What we use of it.
const PROGRAMS: &[&str] = &["initdb", "postgres", "psql"];

/// The directory with the programs; installed first if need be and if we may.
///
/// # Errors
/// When there is none and it cannot be installed: the text says what to do.
pub(crate) fn programs() -> Result<PathBuf> {
    if let Some(found) = installed() {
        return Ok(found);
    }
    if !debian::is_ours() {
        return Err("PostgreSQL is not installed: put initdb, postgres and psql on the path".to_owned());
    }
    install()?;
    installed().ok_or_else(|| format!("the package postgresql is installed, yet {DEBIAN} holds no programs"))
}

/// The directory with the programs, if they are here.
pub(crate) fn installed() -> Option<PathBuf> {
    let on_path = shell::find("postgres").and_then(|p| p.parent().map(Path::to_path_buf));
    on_path.filter(|folder| complete(folder)).or_else(|| newest(Path::new(DEBIAN)))
}

fn complete(folder: &Path) -> bool {
    PROGRAMS.iter().all(|program| shell::executable(&folder.join(program)))
}

/// The highest version below Debian's directory.
fn newest(versions: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(versions).ok()?.filter_map(std::result::Result::ok);
    let numbered =
        entries.filter_map(|e| Some((e.file_name().to_str()?.parse::<u32>().ok()?, e.path().join("bin"))));
    numbered.filter(|(_, bin)| complete(bin)).max().map(|(_, bin)| bin)
}

/// Installs Debian's package without the server that it would make and start by default.
fn install() -> Result {
    println!("PostgreSQL is not here: installing Debian's package postgresql, without a cluster of its own");
    debian::update();
    debian::install(&["postgresql-common"])?;
    let settings = fs::read_to_string(CLUSTERS).unwrap_or_default();
    if !settings.lines().any(|l| l.replace(' ', "") == "create_main_cluster=false") {
        let file = OpenOptions::new().append(true).create(true).open(CLUSTERS);
        let written = file.and_then(|mut f| {
            f.write_all(b"\n# cargo xtask test: only temporary clusters\ncreate_main_cluster = false\n")
        });
        written.map_err(|e| format!("{CLUSTERS}: {e}"))?;
    }
    debian::install(&["postgresql"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::OpenOptionsExt;

    fn check(bins: &[&str], expect: Option<&str>) {
        let root = tempfile::tempdir().unwrap();
        for bin in bins {
            let (version, mode) = bin.split_once(' ').unwrap();
            let folder = root.path().join(version).join("bin");
            fs::create_dir_all(&folder).unwrap();
            for program in PROGRAMS {
                let mode = u32::from_str_radix(mode, 8).unwrap();
                OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(mode)
                    .open(folder.join(program))
                    .unwrap();
            }
        }
        let expect = expect.map(|version| root.path().join(version).join("bin"));
        assert_eq!(newest(root.path()), expect, "{bins:?}");
    }

    #[test]
    fn the_newest_complete_version_is_taken() {
        check(&[], None);
        check(&["9 755", "15 755", "17 644"], Some("15"));
        check(&["common 755"], None);
    }
}
