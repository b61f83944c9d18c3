//! A browser for tests and pictures: Chromium behind its own WebDriver, found on the path or installed
//! as PostgreSQL is, axe-core, which judges pages for people who cannot see or point, and a provider of single
//! sign-on. Gone afterwards whatever happens to us.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::interop::kits;
use crate::{Result, debian, shell};

/// The variable through which tests find the WebDriver, and those beside it.
pub(crate) const DRIVER: &str = "CORRIDOR_TEST_BROWSER";
const CHROMIUM: &str = "CORRIDOR_TEST_CHROMIUM";
const AXE: &str = "CORRIDOR_TEST_AXE";
/// Node.js, and where the packages of a provider of single sign-on are.
const NODE: &str = "CORRIDOR_TEST_NODE";
const PROVIDER: &str = "CORRIDOR_TEST_PROVIDER";

/// Names under which Chromium is found.
const BROWSERS: &[&str] = &["chromium", "chromium-browser", "google-chrome"];
/// What Debian calls the browser, its driver, and letters for Japanese and Korean.
const PACKAGES: &[&str] = &["chromium", "chromium-driver", "fonts-noto-cjk"];
/// How long the driver may take until it listens.
const PATIENCE: Duration = Duration::from_secs(90);
/// What it says then, before the port.
const LISTENS: &str = "was started successfully on port ";

/// Waits on a pipe that only we hold the other end of. When it closes, the whole group of processes ends,
/// the driver and its browsers, and the directory of what they wrote is removed.
const GUARD: &str = r#"
trap '' INT TERM HUP
home=$1
shift
(trap - TERM; TMPDIR="$home" exec "$@" </dev/null) &
read -r _
kill -TERM 0
wait
rm -rf "$home"
"#;

/// Runs a driver until Ctrl-C, or for as long as a command runs.
pub(crate) fn run(command: &[String]) -> Result {
    let driver = Driver::start()?;
    if let Some((program, arguments)) = command.split_first() {
        return shell::run(shell::command(program).args(arguments).envs(driver.told()));
    }
    for (name, value) in driver.told() {
        println!("export {name}={value}");
    }
    println!("# runs until Ctrl-C");
    loop {
        std::thread::park();
    }
}

/// A WebDriver that runs. Dropping it ends it and its browsers.
pub(crate) struct Driver {
    guard: Child,
    port: u16,
    chromium: PathBuf,
    axe: PathBuf,
    provider: kits::Node,
}

impl Driver {
    /// Finds Chromium and its driver (as root on Debian installs them) and axe-core, and starts the driver.
    ///
    /// # Errors
    /// What is not here, and what to do about it.
    pub(crate) fn start() -> Result<Self> {
        let (chromium, driver) = programs()?;
        let (axe, provider) = (kits::axe()?, kits::node("console/sign-on")?);
        let home = tempfile::Builder::new().prefix("corridor-browser-").tempdir();
        let home = home.map_err(|e| format!("no temporary directory for a browser: {e}"))?.keep();
        let mut driver = Command::new(driver);
        let mut guard = guard(&home, driver.args(["--port=0", "--log-level=SEVERE"]))?;
        match port(&mut guard) {
            Ok(port) => Ok(Self { guard, port, chromium, axe, provider }),
            Err(why) => {
                release(&mut guard);
                Err(why)
            }
        }
    }

    /// What tests are told, by environment variables.
    pub(crate) fn told(&self) -> [(&'static str, String); 5] {
        [
            (DRIVER, format!("http://127.0.0.1:{}", self.port)),
            (CHROMIUM, self.chromium.display().to_string()),
            (AXE, self.axe.display().to_string()),
            (NODE, self.provider.program.display().to_string()),
            (PROVIDER, self.provider.modules.display().to_string()),
        ]
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        release(&mut self.guard);
    }
}

/// Runs a command under a guard, with this directory for what it writes.
fn guard(home: &Path, command: &Command) -> Result<Child> {
    let mut sh = Command::new("sh");
    sh.args(["-c", GUARD, "guard"]).arg(home).arg(command.get_program()).args(command.get_args());
    sh.current_dir("/").process_group(0);
    sh.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    sh.spawn().map_err(|e| format!("sh did not start: {e}"))
}

/// Lets the guard end the driver now.
fn release(guard: &mut Child) {
    drop(guard.stdin.take());
    let _ = guard.wait();
}

/// Chromium, when it is on the path.
pub(crate) fn chromium() -> Option<PathBuf> {
    BROWSERS.iter().find_map(|name| shell::find(name))
}

/// Chromium and its driver; installed first if need be and if we may.
fn programs() -> Result<(PathBuf, PathBuf)> {
    if (installed().is_none() || !has_letters()) && debian::is_ours() {
        println!("no browser for tests is here: installing Debian's packages {}", PACKAGES.join(", "));
        debian::update();
        debian::install(PACKAGES)?;
    }
    installed().ok_or_else(|| "no Chromium is here: put chromium and chromedriver on the path".to_owned())
}

fn installed() -> Option<(PathBuf, PathBuf)> {
    Some((chromium()?, shell::find("chromedriver")?))
}

/// Whether pages in Japanese and Korean can be looked at. Where nobody can say, they can.
fn has_letters() -> bool {
    let of = |lang: &str| shell::output(Command::new("fc-list").arg(format!(":lang={lang}")));
    ["ja", "ko"].iter().all(|lang| of(lang).map_or(true, |fonts| !fonts.trim().is_empty()))
}

/// The port that the driver says it listens on.
fn port(guard: &mut Child) -> Result<u16> {
    let out = guard.stdout.take().ok_or("the driver has no output")?;
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        // Read to its end, so that the driver never waits for a reader.
        for line in BufReader::new(out).lines().map_while(std::result::Result::ok) {
            if let Some(port) = said(&line) {
                let _ = tell.send(port);
            }
        }
    });
    told.recv_timeout(PATIENCE).map_err(|_| "chromedriver did not start".to_owned())
}

fn said(line: &str) -> Option<u16> {
    line.split_once(LISTENS)?.1.trim_end_matches('.').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read_from_what_the_driver_says() {
        let check = |line: &str, expect: Option<u16>| assert_eq!(said(line), expect, "{line}");
        check("ChromeDriver was started successfully on port 43715.", Some(43715));
        check("Starting ChromeDriver 156.0.8078.108 on port 0", None);
        check("", None);
    }

    #[test]
    fn what_the_guard_runs_ends_with_its_holder() {
        let home = tempfile::tempdir().unwrap().keep();
        let mut child = Command::new("sh");
        // A child of the child stands for the browser.
        child.args(["-c", "sleep 60 & touch $TMPDIR/written; echo started; wait"]);
        let mut guard = guard(&home, &child).unwrap();
        let mut out = BufReader::new(guard.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        release(&mut guard);
        // The end of the output is the end of everything that could write to it.
        assert_eq!(line, "started\n");
        assert_eq!(out.read_line(&mut line).unwrap(), 0);
        assert!(!home.exists());
    }
}
