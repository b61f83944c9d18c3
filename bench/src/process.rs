//! One node, or one witness, as a process: started, killed without warning, started again, asked how much memory it
//! holds.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::{Result, told};

/// How long a node may take to say that it is ready, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a node is started again when its port is taken for a moment.
const ATTEMPTS: u32 = 20;

/// The program `corridor`: where `CORRIDOR_BIN` says, beside this program, or beside the folder of
/// this test.
///
/// # Errors
/// When there is none.
pub fn program() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("CORRIDOR_BIN") {
        return Ok(path.into());
    }
    let here = std::env::current_exe().map_err(told("this program"))?;
    let folders = here.ancestors().skip(1).take(2);
    let found = folders.map(|folder| folder.join("corridor")).find(|path| path.is_file());
    found.ok_or_else(|| {
        format!("no program `corridor` beside {}: cargo build -p corridor-node", here.display())
    })
}

/// A command of the program that sees none of our own variables.
#[must_use]
pub fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os().filter(|(n, _)| n.to_string_lossy().starts_with("CORRIDOR_")) {
        command.env_remove(name);
    }
    command
}

/// A node that runs, or was killed.
pub struct Process {
    program: PathBuf,
    words: Vec<OsString>,
    log: PathBuf,
    child: Child,
    said: Receiver<String>,
    starting: bool,
}

impl Process {
    /// Starts a node; it is not ready yet.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn start(program: &Path, config: &Path) -> Result<Self> {
        let words = ["--config".into(), config.into(), "--json".into(), "serve".into()];
        Self::with(program, words.to_vec(), config.with_extension("log"))
    }

    /// Starts the program with these words, of which `--json` is one; what it says on its standard error
    /// goes to this file.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn with(program: &Path, words: Vec<OsString>, log: PathBuf) -> Result<Self> {
        let (child, said) = spawn(program, &words, &log)?;
        Ok(Self { program: program.to_owned(), words, log, child, said, starting: true })
    }

    /// Waits until the node takes requests. A port that is taken for a moment, because somebody's
    /// outgoing connection got its number, is tried again.
    ///
    /// # Errors
    /// When the node ends or takes too long, with the end of its log.
    pub fn ready(&mut self) -> Result {
        let until = Instant::now() + PATIENCE;
        for _ in 0..ATTEMPTS {
            match self.said.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains("\"ready\"") => {
                    self.starting = false;
                    return Ok(());
                }
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => {
                    return Err(format!("the node is not ready\n{}", self.log_end()));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let _ = self.child.wait();
                    let end = self.log_end();
                    if !end.contains("port-taken") && !end.contains("in use") {
                        return Err(format!("the node ended\n{end}"));
                    }
                    std::thread::sleep(Duration::from_millis(100));
                    self.restart()?;
                }
            }
        }
        Err(format!("the node does not start\n{}", self.log_end()))
    }

    /// Waits until the node takes requests, unless that was seen already.
    ///
    /// # Errors
    /// As [`Process::ready`].
    pub fn settle(&mut self) -> Result {
        if self.starting { self.ready() } else { Ok(()) }
    }

    /// Whether it was started and not yet seen to be ready.
    #[must_use]
    pub fn is_starting(&self) -> bool {
        self.starting
    }

    /// Kills it (SIGKILL): it has no chance to finish anything.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn kill(&mut self) -> Result {
        // One that ended by itself is as dead.
        let _ = self.child.kill();
        self.child.wait().map(drop).map_err(told("waiting for a killed node"))
    }

    /// Starts it again after [`Process::kill`] or [`Process::stop`].
    ///
    /// # Errors
    /// As [`Process::start`].
    pub fn restart(&mut self) -> Result {
        (self.child, self.said) = spawn(&self.program, &self.words, &self.log)?;
        self.starting = true;
        Ok(())
    }

    /// Tells it to stop (SIGTERM) and waits until it has finished what it accepted.
    ///
    /// # Errors
    /// When it does not end well, or not in time.
    pub fn stop(&mut self) -> Result {
        // `kill` of the shell: sending signals takes unsafe code or another crate.
        let told_so = Command::new("kill").arg(self.id().to_string()).status().map_err(told("kill"))?;
        let until = Instant::now() + PATIENCE;
        while told_so.success() && Instant::now() < until {
            match self.child.try_wait().map_err(told("waiting for a node"))? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(format!("the node ended with {status}\n{}", self.log_end())),
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        }
        Err(format!("the node does not stop\n{}", self.log_end()))
    }

    /// Its process number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How many bytes of memory it holds now (Linux: `VmRSS`); `None` where that cannot be asked.
    #[must_use]
    pub fn resident(&self) -> Option<u64> {
        resident(self.id())
    }

    /// The last lines of its log.
    #[must_use]
    pub fn log_end(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines.get(lines.len().saturating_sub(15)..).unwrap_or_default().join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// How many bytes of memory a process holds now.
#[must_use]
pub fn resident(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}

/// How many seconds of processor time a process has used so far, in the kernel and outside. The kernel
/// counts in hundredths on every Linux that Rust runs on.
#[must_use]
pub fn used(process: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name stands in parentheses and may hold anything, so count from the last one.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let (outside, kernel): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((outside + kernel) / 100.0)
}

fn spawn(program: &Path, words: &[OsString], log: &Path) -> Result<(Child, Receiver<String>)> {
    let file = OpenOptions::new().append(true).create(true).open(log).map_err(told(log.display()))?;
    let mut command = command(program);
    command.args(words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(file);
    let mut child = command.spawn().map_err(told(program.display()))?;
    let (say, said) = channel();
    if let Some(stdout) = child.stdout.take() {
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(std::result::Result::ok) {
                // Nobody listens any more once it was ready.
                let _ = say.send(line);
            }
        });
    }
    Ok((child, said))
}
