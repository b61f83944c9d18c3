//! `cargo xtask test`: the one command that says whether a change is good. Every step runs even when
//! an earlier one failed, so that one run tells everything.

mod output;

use std::env;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::browser::{self, Driver};
use crate::postgres::{self, Server};
use crate::{Result, fuzz, shell, tidy};
use output::Reader;

/// How a step ended.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Passed(String),
    Failed(String),
    NotRun(String),
}

/// One step of the run.
struct Step {
    name: &'static str,
    outcome: Outcome,
    took: Duration,
}

/// Runs all steps and prints what became of each.
pub(crate) fn run() -> Result {
    let mut steps = Vec::new();
    step(&mut steps, "format", || component("rustfmt", "fmt", &["fmt", "--all", "--check"]));
    step(&mut steps, "clippy", || {
        let arguments = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
        component("clippy", "clippy", &arguments)
    });
    step(&mut steps, "fuzz", || from(fuzz::check()));
    step(&mut steps, "tidy", || from(tidy::run()));
    step(&mut steps, "deny", deny);
    let mut server = None;
    step(&mut steps, "postgres", || start_postgres(&mut server));
    let mut driver = None;
    step(&mut steps, "browser", || start_browser(&mut driver));
    let mut told: Vec<(&str, String)> = Vec::new();
    told.extend(server.as_ref().map(|server| (postgres::URL, server.url())));
    told.extend(driver.iter().flat_map(Driver::told));
    step(&mut steps, "tests", || tests(&told));
    drop((server, driver));
    conclude(&steps, shell::is_ci())
}

fn step(steps: &mut Vec<Step>, name: &'static str, run: impl FnOnce() -> Outcome) {
    println!("\n== {name}");
    let start = Instant::now();
    let outcome = run();
    steps.push(Step { name, outcome, took: start.elapsed() });
}

fn from(result: Result) -> Outcome {
    result.map_or_else(Outcome::Failed, |()| Outcome::Passed(String::new()))
}

/// Runs a tool that comes with Rust; where a minimal toolchain lacks it, rustup adds it.
fn component(name: &str, subcommand: &str, arguments: &[&str]) -> Outcome {
    if shell::output(&mut shell::cargo(&[subcommand, "--version"])).is_err() {
        println!("{name} is not here: adding it with rustup");
        if let Err(why) = shell::run(shell::command("rustup").args(["component", "add", name])) {
            return Outcome::Failed(format!("{why}; install {name}"));
        }
    }
    from(shell::run(&mut shell::cargo(arguments)))
}

/// Licences, bans and sources when the tool is here. Advisories change by the day without a change
/// of ours, so they are looked at by hand: see CONTRIBUTING.md.
fn deny() -> Outcome {
    if shell::output(&mut shell::cargo(&["deny", "--version"])).is_err() {
        return Outcome::NotRun("cargo-deny is not installed".to_owned());
    }
    from(shell::run(&mut shell::cargo(&["deny", "--workspace", "check", "bans", "licenses", "sources"])))
}

/// A server that was given is used; otherwise one is started.
fn start_postgres(server: &mut Option<Server>) -> Outcome {
    if env::var_os(postgres::URL).is_some() {
        return Outcome::Passed(format!("as {} says", postgres::URL));
    }
    kept(server, Server::start())
}

/// The same for a browser.
fn start_browser(driver: &mut Option<Driver>) -> Outcome {
    if env::var_os(browser::DRIVER).is_some() {
        return Outcome::Passed(format!("as {} says", browser::DRIVER));
    }
    kept(driver, Driver::start())
}

/// Keeps what was started for the tests; what cannot be started is not run.
fn kept<T>(place: &mut Option<T>, started: Result<T>) -> Outcome {
    match started {
        Ok(started) => {
            *place = Some(started);
            Outcome::Passed(String::new())
        }
        Err(why) => {
            println!("{why}");
            Outcome::NotRun(why.lines().next().unwrap_or_default().to_owned())
        }
    }
}

/// All tests of the workspace. What passing tests print is kept back, except their "not run".
fn tests(told: &[(&str, String)]) -> Outcome {
    let mut cargo =
        shell::cargo(&["test", "--workspace", "--locked", "--no-fail-fast", "--", "--show-output"]);
    cargo.envs(told.iter().map(|(name, value)| (name, value)));
    let mut child = match cargo.stdout(Stdio::piped()).spawn() {
        Ok(child) => child,
        Err(e) => return Outcome::Failed(format!("cargo test did not start: {e}")),
    };
    let mut reader = Reader::default();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).split(b'\n').map_while(std::result::Result::ok) {
            if let Some(line) = reader.line(&String::from_utf8_lossy(&line)) {
                println!("{line}");
            }
        }
    }
    for (reason, times) in &reader.not_run {
        println!("not run ({times}): {reason}");
    }
    match child.wait() {
        Ok(status) if status.success() => Outcome::Passed(reader.counts()),
        Ok(status) => Outcome::Failed(format!("{}; cargo test: {status}", reader.counts())),
        Err(e) => Outcome::Failed(format!("waiting for cargo test failed: {e}")),
    }
}

/// Prints the table and the closing line, and decides.
fn conclude(steps: &[Step], ci: bool) -> Result {
    println!();
    for step in steps {
        let (word, note) = match &step.outcome {
            Outcome::Passed(note) => ("passed", note),
            Outcome::Failed(note) => ("FAILED", note),
            Outcome::NotRun(note) => ("not run", note),
        };
        let line = format!("{:<9} {word:<8} {:>7.1} s  {note}", step.name, step.took.as_secs_f64());
        println!("{}", line.trim_end());
    }
    let took: Duration = steps.iter().map(|s| s.took).sum();
    let failed: Vec<&str> = steps.iter().filter(|s| fails(s, ci)).map(|s| s.name).collect();
    if failed.is_empty() {
        println!("xtask test: ok in {:.0} s", took.as_secs_f64());
        return Ok(());
    }
    Err(format!("test failed in {:.0} s: {}", took.as_secs_f64(), failed.join(", ")))
}

/// Not to run is to fail where a CI relies on it. cargo-deny is the exception: it is a tool of the
/// person who adds a dependency.
fn fails(step: &Step, ci: bool) -> bool {
    match step.outcome {
        Outcome::Passed(_) => false,
        Outcome::Failed(_) => true,
        Outcome::NotRun(_) => ci && step.name != "deny",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &'static str, outcome: Outcome, ci: bool, expect: bool) {
        let step = Step { name, outcome, took: Duration::ZERO };
        assert_eq!(fails(&step, ci), expect, "{name} {:?} ci={ci}", step.outcome);
        assert_eq!(conclude(&[step], ci).is_err(), expect);
    }

    #[test]
    fn not_run_is_a_failure_only_in_a_ci() {
        check("tests", Outcome::Passed(String::new()), true, false);
        check("tests", Outcome::Failed(String::new()), false, true);
        check("postgres", Outcome::NotRun(String::new()), false, false);
        check("postgres", Outcome::NotRun(String::new()), true, true);
        check("browser", Outcome::NotRun(String::new()), true, true);
        check("deny", Outcome::NotRun(String::new()), true, false);
    }
}
