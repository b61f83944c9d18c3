//! A PostgreSQL of our own for tests, crash runs and benches: made in a temporary directory, durable
//! like a real one, run by an unprivileged user, and gone afterwards whatever happens to us.

mod find;
mod user;

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::{Result, shell};
use user::User;

/// The variable through which tests find the server.
pub(crate) const URL: &str = "CORRIDOR_TEST_POSTGRES";

/// How long the server may take to come up, also after a crash.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits on a pipe that only we hold the other end of. When it closes, because we are done, were
/// interrupted or were killed, the server is stopped and its directory removed.
const GUARD: &str = r#"
trap '' INT TERM HUP
read -r _
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) && kill -INT "$pid" 2>/dev/null
n=0
while [ -e "$1/data/postmaster.pid" ] && [ "$n" -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
[ -e "$1/data/postmaster.pid" ] && kill -KILL "$pid" 2>/dev/null
rm -rf "$1"
"#;

/// Runs a server until Ctrl-C, or for as long as a command runs.
pub(crate) fn run(command: &[String]) -> Result {
    let mut server = Server::start()?;
    if let Some((program, arguments)) = command.split_first() {
        return shell::run(shell::command(program).args(arguments).env(URL, server.url()));
    }
    println!("export {URL}={}", server.url());
    println!("# runs until Ctrl-C");
    let status = server.child.wait().map_err(|e| format!("waiting for PostgreSQL failed: {e}"))?;
    Err(format!("PostgreSQL ended by itself: {status}"))
}

/// A running server. Dropping it stops the server and removes all it held.
pub(crate) struct Server {
    bin: PathBuf,
    user: User,
    home: PathBuf,
    port: u16,
    password: String,
    child: Child,
    guard: Child,
}

impl Server {
    /// Finds PostgreSQL (as root on Debian installs it), makes a cluster and starts it.
    ///
    /// # Errors
    /// When there is no PostgreSQL here, or it does not come up; the end of its log is in the text.
    pub(crate) fn start() -> Result<Self> {
        let bin = find::programs()?;
        let user = User::unprivileged()?;
        let home = tempfile::Builder::new().prefix("corridor-postgres-").tempdir();
        let home = home.map_err(|e| format!("no temporary directory for PostgreSQL: {e}"))?;
        let password = password()?;
        init(&bin, &user, home.path(), &password)?;
        // From here the guard removes the directory, also if we are killed.
        let guard = guard(home.path())?;
        let home = home.keep();
        let port = corridor_ports::free_port().map_err(|e| e.to_string())?;
        let child = match serve(&bin, &user, &home, port) {
            Ok(child) => child,
            Err(why) => {
                release(guard);
                return Err(why);
            }
        };
        let mut server = Self { bin, user, home, port, password, child, guard };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// The address of the server's first database; its user may do everything, so that a test can
    /// make a database of its own.
    pub(crate) fn url(&self) -> String {
        self.url_of("postgres")
    }

    fn url_of(&self, database: &str) -> String {
        format!("postgres://corridor:{}@127.0.0.1:{}/{database}", self.password, self.port)
    }

    /// Makes a new, empty database and says its address. The name: lower-case letters, digits, `_`.
    pub(crate) fn database(&self, name: &str) -> Result<String> {
        self.query("postgres", &format!("CREATE DATABASE {name}"))?;
        Ok(self.url_of(name))
    }

    /// Runs one statement and says what came back, unaligned, without headings.
    pub(crate) fn query(&self, database: &str, sql: &str) -> Result<String> {
        let mut psql = Command::new(self.bin.join("psql"));
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]);
        psql.args(["--host=127.0.0.1", "--username=corridor", "--no-password"]);
        psql.arg(format!("--port={}", self.port))
            .arg(format!("--dbname={database}"))
            .arg(format!("--command={sql}"));
        psql.env("PGPASSWORD", &self.password).current_dir("/");
        shell::output(&mut psql).map(|text| text.trim_end().to_owned())
    }

    /// Kills the server and its workers at once (SIGKILL), as a crash would.
    pub(crate) fn kill(&mut self) -> Result {
        // The workers are found while their parent still lives; orphans would keep the old memory
        // in use and could still finish what they were doing.
        let workers = children(self.child.id());
        self.child.kill().map_err(|e| format!("killing PostgreSQL failed: {e}"))?;
        for worker in workers {
            signal(worker, Signal::KILL);
        }
        self.child.wait().map_err(|e| format!("waiting for PostgreSQL failed: {e}"))?;
        Ok(())
    }

    /// Starts the server again after [`Server::kill`], on the same port with the same data.
    pub(crate) fn restart(&mut self) -> Result {
        let start = Instant::now();
        loop {
            self.child = serve(&self.bin, &self.user, &self.home, self.port)?;
            match self.wait_until_ready() {
                // The last worker of the old server may need a moment to be gone.
                Err(_) if start.elapsed() < PATIENCE => sleep(Duration::from_millis(50)),
                done => return done,
            }
        }
    }

    /// `pg_ctl` knows the same way: the eighth line of the pid file says `ready`.
    fn wait_until_ready(&mut self) -> Result {
        let start = Instant::now();
        let pid = self.child.id().to_string();
        while start.elapsed() < PATIENCE {
            let file = fs::read_to_string(self.home.join("data/postmaster.pid")).unwrap_or_default();
            let mut lines = file.lines();
            if lines.next() == Some(&pid) && lines.nth(6).is_some_and(|l| l.trim() == "ready") {
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("PostgreSQL did not start: {status}\n{}", self.log_end()));
            }
            sleep(Duration::from_millis(20));
        }
        Err(format!("PostgreSQL was not ready after {} s\n{}", PATIENCE.as_secs(), self.log_end()))
    }

    /// The last lines it logged.
    fn log_end(&self) -> String {
        let log = fs::read_to_string(self.home.join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            // SIGINT: "fast" shutdown, which does not wait for clients.
            signal(self.child.id(), Signal::INT);
            let start = Instant::now();
            while start.elapsed() < Duration::from_secs(10) && matches!(self.child.try_wait(), Ok(None)) {
                sleep(Duration::from_millis(10));
            }
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        // After a kill the file would name a process that is no longer ours to signal.
        let _ = fs::remove_file(self.home.join("data/postmaster.pid"));
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

/// Makes the cluster: its own user with a password, UTF-8, byte order for sorting.
fn init(bin: &Path, user: &User, home: &Path, password: &str) -> Result {
    user.give(home)?;
    let secret = home.join("password");
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&secret).map_err(told(&secret))?;
    file.write_all(password.as_bytes()).map_err(told(&secret))?;
    user.give(&secret)?;
    let mut initdb = user.command(&bin.join("initdb"), home);
    initdb.args(["--username=corridor", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]);
    initdb.arg("--pgdata").arg(home.join("data")).arg("--pwfile").arg(&secret);
    let done = shell::output(&mut initdb).map_err(|why| {
        format!(
            "{why}\n(user {} must be able to reach {}; set TMPDIR if it cannot)",
            user.name,
            home.display()
        )
    });
    fs::remove_file(&secret).map_err(told(&secret))?;
    done.map(|_| ())
}

/// Starts the server process. Durability is written out so that no default of a distribution can
/// make our measurements and crash tests easier than the real thing.
fn serve(bin: &Path, user: &User, home: &Path, port: u16) -> Result<Child> {
    let path = home.join("log");
    let log = OpenOptions::new().append(true).create(true).open(&path).map_err(told(&path))?;
    let copy = log.try_clone().map_err(told(&path))?;
    let sockets = home.join("socket");
    if !sockets.exists() {
        fs::DirBuilder::new().mode(0o700).create(&sockets).map_err(told(&sockets))?;
        user.give(&sockets)?;
    }
    let mut postgres = user.command(&bin.join("postgres"), home);
    postgres.arg("-D").arg(home.join("data"));
    for setting in ["fsync=on", "synchronous_commit=on", "full_page_writes=on", "max_connections=200"] {
        postgres.args(["-c", setting]);
    }
    postgres.args(["-c", "listen_addresses=127.0.0.1", "-c", &format!("port={port}")]);
    postgres.args(["-c", &format!("unix_socket_directories={}", sockets.display())]);
    postgres.stdin(Stdio::null()).stdout(log).stderr(copy);
    // Not in our group: a Ctrl-C reaches us, and through us or the guard the server.
    postgres.process_group(0);
    postgres.spawn().map_err(|e| format!("{} did not start: {e}", bin.join("postgres").display()))
}

/// Starts the guard of a directory.
fn guard(home: &Path) -> Result<Child> {
    let mut sh = Command::new("sh");
    sh.args(["-c", GUARD, "guard"]).arg(home).current_dir("/").process_group(0);
    sh.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    sh.spawn().map_err(|e| format!("sh did not start: {e}"))
}

/// Lets the guard clean up now.
fn release(mut guard: Child) {
    drop(guard.stdin.take());
    let _ = guard.wait();
}

/// 128 bits from the system, in hex: the port is open to every user of this machine.
fn password() -> Result<String> {
    let mut bytes = [0u8; 16];
    let source = Path::new("/dev/urandom");
    File::open(source).and_then(|mut f| f.read_exact(&mut bytes)).map_err(told(source))?;
    Ok(bytes.iter().map(|b| format!("{b:02x}")).collect())
}

/// The processes whose parent this is (Linux: the fourth field of `/proc/PID/stat`; elsewhere none
/// are found, and the workers notice by themselves that their parent is gone).
fn children(parent: u32) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.filter_map(|e| e.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let parent_of = |pid: u32| -> Option<u32> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name stands in parentheses and may hold anything, so count from the last one.
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
    };
    pids.filter(|pid| parent_of(*pid) == Some(parent)).collect()
}

/// Sends a signal; a process that is gone already is no error.
fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

/// An error of the file system with the path it was about.
fn told(path: &Path) -> impl Fn(std::io::Error) -> String + '_ {
    move |e| format!("{}: {e}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_committed_survives_a_crash_and_nothing_is_left_behind() {
        // Looked for, not installed: a unit test changes nothing on the machine.
        if find::installed().is_none() {
            println!("not run: PostgreSQL is not installed");
            return;
        }
        let mut server = Server::start().unwrap();
        let url = server.database("one").unwrap();
        assert!(url.starts_with("postgres://corridor:") && url.ends_with("/one"), "{url}");
        server.query("one", "CREATE TABLE t AS SELECT 42 AS answer").unwrap();
        assert_eq!(server.query("one", "SHOW fsync").unwrap(), "on");
        server.kill().unwrap();
        assert!(server.query("one", "SELECT 1").is_err());
        server.restart().unwrap();
        assert_eq!(server.query("one", "SELECT answer FROM t").unwrap(), "42");
        let home = server.home.clone();
        drop(server);
        assert!(!home.exists());
    }

    #[test]
    fn the_guard_cleans_up_when_its_holder_is_gone() {
        let home = tempfile::tempdir().unwrap().keep();
        release(guard(&home).unwrap());
        assert!(!home.exists());
    }

    #[test]
    fn children_are_found_by_their_parent() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let found = children(std::process::id()).contains(&child.id());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(found || !Path::new("/proc/self/stat").exists());
    }

    #[test]
    fn passwords_differ() {
        let (a, b) = (password().unwrap(), password().unwrap());
        assert!(a.len() == 32 && a != b);
    }
}
