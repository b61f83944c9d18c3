//! What the peers meet: two countries as `corridor demo` leaves them, with keys, lists, an agreement and a
//! document that crossed, and the nodes of that demo started again, one at a time, on their loopback ports.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::kits;
use crate::{Result, shell};

/// The certificate a node with TLS is given, in the folder of the stage.
pub(super) const CERTIFICATE: &str = "interop.pem";
const KEY: &str = "interop.key";
/// The ports `corridor demo` likes best. They are left to whoever plays it by hand meanwhile.
const USUAL_PORTS: [u16; 6] = [7080, 7081, 7082, 7090, 7091, 7092];
/// How long a node may take to be ready, and to end.
const START: Duration = Duration::from_secs(20);

/// Our own programs that take part.
pub(super) struct Programs {
    /// The node.
    pub(super) corridor: PathBuf,
    /// Opens signed notes: `ground/proof/examples/note.rs`.
    pub(super) note: PathBuf,
    /// Prints segments: `services/trade/examples/segments.rs`.
    pub(super) segments: PathBuf,
    /// Makes messages of directories: `services/trade/examples/cases.rs`.
    pub(super) cases: PathBuf,
}

impl Programs {
    /// Builds them.
    pub(super) fn build() -> Result<Self> {
        let mut cargo = shell::cargo(&["build", "--locked", "--message-format=json-render-diagnostics"]);
        cargo.args(["-p", "corridor-node", "--bin", "corridor", "-p", "corridor-proof", "--example", "note"]);
        cargo.args(["-p", "corridor-trade", "--example", "segments", "--example", "cases"]);
        let told = shell::output(&mut cargo)?;
        let built = |name: &str| {
            let lines = told.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            let mut of = lines.filter(|m| m.pointer("/target/name").and_then(Value::as_str) == Some(name));
            let path = of.find_map(|m| m.get("executable")?.as_str().map(PathBuf::from));
            path.ok_or_else(|| format!("cargo did not say where {name} is"))
        };
        Ok(Self {
            corridor: built("corridor")?,
            note: built("note")?,
            segments: built("segments")?,
            cases: built("cases")?,
        })
    }
}

/// The folder a demo left behind.
pub(super) struct Stage {
    folder: PathBuf,
}

impl Stage {
    /// Plays the demo to its end, into `target/interop/AREA/demo`.
    pub(super) fn set(programs: &Programs, area: &str) -> Result<Self> {
        let folder = kits::folder().join(area).join("demo");
        fs::create_dir_all(kits::folder().join(area)).map_err(|e| e.to_string())?;
        let held: Vec<_> = USUAL_PORTS
            .iter()
            .filter_map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).ok())
            .collect();
        let mut demo = node_command(programs);
        demo.args(["demo", "--check", "--directory"]).arg(&folder);
        bounded(&mut demo, Duration::from_secs(120))?;
        drop(held);
        Ok(Self { folder })
    }

    /// Where it is.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts one of its nodes and waits until it takes requests; it ends with what is given back.
    pub(super) fn node(&self, programs: &Programs, name: &str, set: &[(String, String)]) -> Result<Running> {
        let mut serve = node_command(programs);
        serve.current_dir(&self.folder).args(["--config", &format!("{name}.toml"), "serve"]);
        serve.envs(set.iter().map(|(key, value)| (key, value)));
        let log = fs::File::create(self.folder.join(format!("{name}.log"))).map_err(|e| e.to_string())?;
        serve.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let mut child = serve.spawn().map_err(|e| format!("the node of {name} did not start: {e}"))?;
        let out = child.stdout.take();
        let running = Running(child);
        let (say, said) = mpsc::channel();
        std::thread::spawn(move || {
            let mut out = BufReader::new(out?);
            let mut line = String::new();
            let _ = out.read_line(&mut line);
            let _ = say.send(line);
            // Whatever it says later is read and dropped, so that it never waits for a reader.
            std::io::copy(&mut out, &mut std::io::sink()).ok()
        });
        match said.recv_timeout(START) {
            Ok(line) if !line.is_empty() => Ok(running),
            _ => {
                Err(format!("the node of {name} was not ready: see {name}.log in {}", self.folder.display()))
            }
        }
    }

    /// A key and a certificate for localhost, and the configuration that lets a node serve TLS with them.
    pub(super) fn secured(&self, name: &str, openssl: &Path) -> Result<Vec<(String, String)>> {
        let mut request = Command::new(openssl);
        request.current_dir(&self.folder).args(["req", "-x509", "-nodes", "-days", "2", "-newkey", "ec"]);
        request.args(["-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=localhost"]);
        request.args(["-addext", "subjectAltName=DNS:localhost", "-keyout", KEY, "-out", CERTIFICATE]);
        shell::output(&mut request)?;
        let url = self.configured(name, "public", "url")?.replacen("http:", "https:", 1);
        let set = [
            ("CORRIDOR_PUBLIC_TLS_CERTIFICATE", CERTIFICATE),
            ("CORRIDOR_PUBLIC_TLS_KEY", KEY),
            ("CORRIDOR_PUBLIC_URL", &url),
        ];
        Ok(set.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec())
    }

    /// One value of a node's configuration.
    pub(super) fn configured(&self, name: &str, table: &str, key: &str) -> Result<String> {
        let path = self.folder.join(format!("{name}.toml"));
        let config: toml::Table =
            kits::read(&path)?.parse().map_err(|e| format!("{}: {e}", path.display()))?;
        let value = config.get(table).and_then(|t| t.get(key)).and_then(toml::Value::as_str);
        value.map(str::to_owned).ok_or_else(|| format!("{}: no {table}.{key}", path.display()))
    }

    /// What a command of the node answers, as JSON.
    pub(super) fn ask(&self, programs: &Programs, name: &str, arguments: &[&str]) -> Result<Value> {
        let mut command = node_command(programs);
        command
            .current_dir(&self.folder)
            .args(["--json", "--config", &format!("{name}.toml")])
            .args(arguments);
        let said = shell::output(&mut command)?;
        serde_json::from_str(&said).map_err(|e| format!("corridor {}: {e}", arguments.join(" ")))
    }
}

/// The node's program, deaf to the configuration of the reader's own node.
fn node_command(programs: &Programs) -> Command {
    let mut command = Command::new(&programs.corridor);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CORRIDOR_") {
            command.env_remove(name);
        }
    }
    command
}

/// A node or a peer that ends when this is dropped.
pub(super) struct Running(Child);

impl Running {
    /// A process that was just started.
    pub(super) fn of(child: Child) -> Self {
        Self(child)
    }

    /// Whether it has not ended yet.
    pub(super) fn runs(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let pid = i32::try_from(self.0.id()).ok().and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        if end(&mut self.0, START).is_err() {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

/// Runs a command to its end within a time, and gives back what it printed, whether it liked its end or
/// not.
///
/// # Errors
/// When it did not start, took too long, or printed nothing and failed.
pub(super) fn bounded(command: &mut Command, within: Duration) -> Result<String> {
    let (ended, said, complained) = ran(command, within)?;
    match ended {
        Ok(true) => Ok(said),
        Ok(false) => Err(format!("it failed: {}", last(&complained, &said))),
        Err(()) => Err(format!("it took longer than {} s: {}", within.as_secs(), last(&complained, &said))),
    }
}

/// The same for a program whose standard error says what it found, whatever its end was.
///
/// # Errors
/// When it did not start.
pub(super) fn complaints(command: &mut Command, within: Duration) -> Result<String> {
    Ok(ran(command, within)?.2)
}

/// How it ended, what it printed, and what it complained of.
fn ran(command: &mut Command, within: Duration) -> Result<(Result<bool, ()>, String, String)> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| format!("{} did not start: {e}", command.get_program().display()))?;
    let (out, err) = (reader(child.stdout.take()), reader(child.stderr.take()));
    let ended = end(&mut child, within);
    if ended.is_err() {
        let _ = child.kill();
        let _ = child.wait();
    }
    Ok((ended, out.join().unwrap_or_default(), err.join().unwrap_or_default()))
}

fn reader(from: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut said = Vec::new();
        if let Some(mut from) = from {
            let _ = from.read_to_end(&mut said);
        }
        String::from_utf8_lossy(&said).into_owned()
    })
}

/// The last lines of what went wrong.
fn last(complained: &str, said: &str) -> String {
    let text = if complained.trim().is_empty() { said } else { complained };
    let lines: Vec<&str> = text.trim().lines().collect();
    lines.get(lines.len().saturating_sub(5)..).unwrap_or_default().join(" | ")
}

/// Waits for the end: whether it was a good one, or nothing when it did not come.
fn end(child: &mut Child, within: Duration) -> Result<bool, ()> {
    let begun = Instant::now();
    while begun.elapsed() < within {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status.success()),
            Ok(None) => std::thread::sleep(Duration::from_millis(20)),
            Err(_) => return Err(()),
        }
    }
    Err(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(command: &str, expect: Result<&str, &str>) {
        let got = bounded(Command::new("sh").args(["-c", command]), Duration::from_millis(500));
        match expect {
            Ok(said) => assert_eq!(got.as_deref(), Ok(said), "{command}"),
            Err(why) => assert!(got.as_ref().is_err_and(|e| e.contains(why)), "{command}: {got:?}"),
        }
    }

    #[test]
    fn a_command_has_its_time() {
        check("echo said; echo complained >&2", Ok("said\n"));
        check("echo said; echo complained >&2; exit 1", Err("it failed: complained"));
        check("exec sleep 20", Err("longer than"));
        let said =
            complaints(Command::new("sh").args(["-c", "echo found >&2; exit 1"]), Duration::from_secs(5));
        assert_eq!(said.as_deref(), Ok("found\n"));
    }
}
