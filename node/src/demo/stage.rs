//! What the demo needs to stand on: a directory of its own, free ports, the commands of this very
//! program, and the two nodes as processes.

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use corridor_base::Words;
use corridor_base::problem::ProblemDocument;
use corridor_base::{ErrorCode, Lang, Problem, Result};
use corridor_storage::{DataDir, durable};
use serde_json::Value;

use super::story::Story;

/// Marks a directory as the demo's own, which it may empty.
const MARK: &str = "corridor-demo";
/// How many demos may run beside each other.
const BESIDE: u32 = 9;
/// What the configuration that `init` writes says of raw logs: the line that makes one is there as an example. Each
/// node of the demo has one beside its log of acts, to which anybody may add (`/logs/notices/add`).
const RAW: &str = "raw = [\"notices\"]";
/// How long a node may take to end what it accepted.
const LAST_WORDS: Duration = Duration::from_secs(30);

/// The directory of a country's anchor.
pub(super) fn anchor(country: &str) -> String {
    format!("anchor-{}", country.to_lowercase())
}

/// The directory, and this program.
pub(super) struct Stage {
    program: PathBuf,
    directory: DataDir,
    lang: Lang,
}

/// What is sent.
pub(super) struct Document {
    pub(super) path: String,
    pub(super) name: String,
    pub(super) size: u64,
}

impl Stage {
    /// Empties the directory of the demo before, or takes the next one beside it when that demo is
    /// still running.
    pub(super) fn set(wanted: &Path, lang: Lang) -> Result<Self> {
        let program = std::env::current_exe().map_err(|e| failed(Path::new("corridor"), &e))?;
        for number in 1..=BESIDE {
            let path = match number {
                1 => wanted.to_path_buf(),
                more => wanted
                    .with_file_name(format!("{}-{more}", wanted.file_name().unwrap_or_default().display())),
            };
            match own(&path) {
                Ok(directory) => return Ok(Self { program, directory, lang }),
                Err(problem) if problem.code() == ErrorCode::DirectoryLocked => {}
                Err(problem) => return Err(problem),
            }
        }
        Err(Problem::new(ErrorCode::DirectoryLocked).with("path", wanted.display()))
    }

    pub(super) fn lang(&self) -> Lang {
        self.lang
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        durable::write_file(&self.path(name), bytes, 0o600)
    }

    /// The document to send: the reader's own, or the sample.
    pub(super) fn document(&self, own: Option<&Path>) -> Result<Document> {
        let path = match own {
            Some(path) => std::path::absolute(path).map_err(|e| failed(path, &e))?,
            None => {
                self.write("cuscar.edi", corridor_trade::SAMPLE)?;
                self.path("cuscar.edi")
            }
        };
        let size = std::fs::metadata(&path).map_err(|e| failed(&path, &e))?.len();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Document { path: path.to_string_lossy().into_owned(), name, size })
    }

    /// The notes in one folder, by name.
    pub(super) fn notes(&self, folder: &str) -> Result<Vec<String>> {
        let path = self.path(folder);
        let entries = std::fs::read_dir(&path).map_err(|e| failed(&path, &e))?;
        let mut names: Vec<String> = entries
            .flatten()
            .map(|e| e.path().to_string_lossy().into_owned())
            .filter(|name| name.ends_with(".note"))
            .collect();
        names.sort();
        Ok(names)
    }

    /// Runs one command of this program and gives back what it answered.
    pub(super) fn corridor(&self, place: Option<&Place>, args: &[&str]) -> Result<Value> {
        let mut command = self.command(place);
        let output =
            command.args(args).stdin(Stdio::null()).output().map_err(|e| failed(&self.program, &e))?;
        if !output.status.success() {
            return Err(problem_in(&output.stderr, args));
        }
        serde_json::from_slice(&output.stdout).map_err(|e| {
            Problem::new(ErrorCode::Internal).with("why", format!("corridor {}: {e}", args.join(" ")))
        })
    }

    /// Runs a command that judges: its exit code, and what it said. What it says nothing about is null.
    pub(super) fn judged(&self, place: Option<&Place>, args: &[&str]) -> Result<(i32, Value)> {
        let output = self.command(place).args(args).stdin(Stdio::null()).output();
        let output = output.map_err(|e| failed(&self.program, &e))?;
        match output.status.code() {
            Some(code) if code == 0 || !output.stdout.is_empty() => {
                Ok((code, serde_json::from_slice(&output.stdout).unwrap_or_default()))
            }
            _ => Err(problem_in(&output.stderr, args)),
        }
    }

    fn command(&self, place: Option<&Place>) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(self.directory.path()).args(["--json", "--lang", self.lang.tag()]);
        // The reader's own node is none of the demo's business.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("CORRIDOR_") {
                command.env_remove(name);
            }
        }
        if let Some(place) = place {
            command.args(["--config", &place.config]);
        }
        command
    }
}

/// A directory that is not there yet, or that a demo made.
fn own(path: &Path) -> Result<DataDir> {
    let path = std::path::absolute(path).map_err(|e| failed(path, &e))?;
    let occupied = std::fs::read_dir(&path).is_ok_and(|mut entries| entries.next().is_some());
    if occupied && std::fs::metadata(path.join(MARK)).is_err() {
        // A demo that is just beginning has locked the directory and not marked it yet.
        let code = if is_locked(&path) { ErrorCode::DirectoryLocked } else { ErrorCode::AlreadyExists };
        let what = format!("directory {}", path.display());
        return Err(Problem::new(code).with("what", what).with("path", path.display()));
    }
    let directory = DataDir::lock(&path)?;
    for entry in std::fs::read_dir(&path).map_err(|e| failed(&path, &e))?.flatten() {
        let (entry, kind) = (entry.path(), entry.file_type());
        let kept = entry.file_name().is_some_and(|name| name == MARK || name == "lock");
        let gone = match kind {
            _ if kept => Ok(()),
            Ok(kind) if kind.is_dir() => std::fs::remove_dir_all(&entry),
            _ => std::fs::remove_file(&entry),
        };
        gone.map_err(|e| failed(&entry, &e))?;
    }
    durable::write_file(&path.join(MARK), b"made anew by each `corridor demo`\n", 0o600)?;
    Ok(directory)
}

/// Whether a running program holds this directory.
fn is_locked(path: &Path) -> bool {
    let file = std::fs::File::open(path.join("lock"));
    file.is_ok_and(|file| matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock)))
}

/// A program of the demo that runs.
struct Running {
    name: String,
    child: Child,
}

impl Running {
    /// Runs a command until it says that it is ready.
    fn start(stage: &Stage, name: &str, command: &mut Command) -> Result<Self> {
        let path = stage.path(&format!("{name}.log"));
        let log = std::fs::File::create(&path).map_err(|e| failed(&path, &e))?;
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().map_err(|e| failed(&stage.program, &e))?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            let mut out = BufReader::new(out);
            let _ = out.read_line(&mut line);
            // Whatever it says later is read and dropped, so that it never waits for a reader.
            std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
        }
        let running = Self { name: name.to_owned(), child };
        if line.contains("\"ready\":true") {
            return Ok(running);
        }
        let mut said = Vec::new();
        if let Ok(mut log) = std::fs::File::open(&path) {
            let _ = log.read_to_end(&mut said);
        }
        Err(problem_in(&said, &[name]))
    }

    fn pid(&self) -> String {
        self.child.id().to_string()
    }

    /// Ends it in good order.
    fn stop(mut self) -> Result<()> {
        tell_to_end(&self.child);
        let until = Instant::now() + LAST_WORDS;
        while Instant::now() < until {
            match self.child.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(()),
                Ok(Some(status)) => {
                    let why = format!("{} ended with {status}", self.name);
                    return Err(Problem::new(ErrorCode::Internal).with("why", why));
                }
                _ => std::thread::sleep(Duration::from_millis(20)),
            }
        }
        Err(Problem::new(ErrorCode::Internal).with("why", format!("{} did not end", self.name)))
    }
}

/// What was not stopped in good order is not left running.
impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// The witness that a country's anchor runs, a program of its own.
pub(super) struct Witness {
    pub(super) country: &'static str,
    port: u16,
    /// The port, held until the witness takes it, so that no other demo does.
    held: Option<TcpListener>,
    running: Option<Running>,
}

impl Witness {
    /// A witness with a port of its own: the usual one, or another when a program sits on it.
    pub(super) fn at(story: &mut Story, country: &'static str, port: u16) -> Result<Self> {
        let (port, held) = free(story, port)?;
        Ok(Self { country, port, held: Some(held), running: None })
    }

    /// Runs it for the logs of this policy.
    pub(super) fn start(&mut self, stage: &Stage, policy: &str, others: &[String]) -> Result<()> {
        let mut command = stage.command(None);
        let listen = format!("127.0.0.1:{}", self.port);
        let (directory, name) = (self.directory(), self.name());
        command.args([
            "witness", &directory, "--name", &name, "--policy", policy, "--listen", &listen, "--mirror",
        ]);
        others.iter().for_each(|other| {
            command.args(["--allow", other]);
        });
        self.held = None;
        self.running = Some(Running::start(stage, &directory, &mut command)?);
        Ok(())
    }

    /// Ends it in good order.
    pub(super) fn stop(self) -> Result<()> {
        self.running.map_or(Ok(()), Running::stop)
    }

    /// Where its key lies.
    pub(super) fn directory(&self) -> String {
        format!("witness-{}", self.country.to_lowercase())
    }

    /// The name it cosigns under.
    pub(super) fn name(&self) -> String {
        format!("trust.{}.example/witness", self.country.to_lowercase())
    }

    /// Where it is asked.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    pub(super) fn address(&self) -> String {
        format!("localhost:{}", self.port)
    }
}

/// One country's node.
pub(super) struct Place {
    pub(super) country: &'static str,
    pub(super) name: &'static str,
    pub(super) did: String,
    config: String,
    public: u16,
    api: u16,
    /// Both ports, held until the node takes them, so that no other demo does.
    held: Vec<TcpListener>,
    running: Option<Running>,
    folder: PathBuf,
    /// The one-time sign-in link of its first official.
    link: String,
}

impl Place {
    /// A place with ports of its own: the usual ones, or others when programs sit on them.
    pub(super) fn at(
        stage: &Stage,
        story: &mut Story,
        country: &'static str,
        name: &'static str,
        port: u16,
    ) -> Result<Self> {
        let ((public, first), (api, second)) = (free(story, port)?, free(story, port + 1)?);
        let did = format!("did:web:localhost%3A{public}:{name}");
        let (config, folder) = (format!("{name}.toml"), stage.directory.path().to_path_buf());
        let (held, link) = (vec![first, second], String::new());
        Ok(Self { country, name, did, config, public, api, held, running: None, folder, link })
    }

    /// A node of its own: configuration, keys, database. On one machine the partner and the witnesses
    /// have addresses that must be named to be reached (NE-1).
    pub(super) fn make(
        &self,
        stage: &Stage,
        story: &mut Story,
        anchor: &str,
        partner: &Self,
        witnesses: &[Witness; 2],
    ) -> Result<()> {
        let anchor = format!("{} {}", self.country, super::bare(anchor));
        let listen = |port: u16| format!("127.0.0.1:{port}");
        let (public, api, partner) =
            (listen(self.public), listen(self.api), format!("localhost:{}", partner.public));
        let [one, two] = witnesses.each_ref().map(Witness::address);
        stage.corridor(
            Some(self),
            &[
                "init", "--name", self.name, "--data", self.name, "--public", &public, "--api", &api,
                "--anchor", &anchor, "--allow", &partner, "--allow", &one, "--allow", &two,
            ],
        )?;
        self.configure(stage, |text| text.replacen(&format!("# {RAW}"), RAW, 1))?;
        story.say("demo-node", &[("who", &self.shown(stage.lang)), ("public", &self.url()), ("api", &api)]);
        Ok(())
    }

    /// A participant of this name on this node.
    pub(super) fn did_of(&self, name: &str) -> String {
        format!("did:web:localhost%3A{}:{name}", self.public)
    }

    /// The node hosts one more participant from now on: its configuration says so.
    pub(super) fn take_in(&self, stage: &Stage, name: &str) -> Result<()> {
        let did = self.did_of(name);
        self.configure(stage, |text| format!("{text}\n[[participant]]\nname = \"{name}\"\ndid = \"{did}\"\n"))
    }

    /// Changes its configuration.
    fn configure(&self, stage: &Stage, change: impl FnOnce(&str) -> String) -> Result<()> {
        let path = stage.path(&self.config);
        let text = std::fs::read_to_string(&path).map_err(|e| failed(&path, &e))?;
        stage.write(&self.config, change(&text).as_bytes())
    }

    /// Runs the node and waits until it takes requests.
    pub(super) fn start(&mut self, stage: &Stage, story: &mut Story) -> Result<()> {
        let began = Instant::now();
        let mut command = stage.command(Some(self));
        self.held.clear();
        let running = Running::start(stage, self.name, command.arg("serve"))?;
        let (pid, millis) = (running.pid(), began.elapsed().as_millis().to_string());
        self.running = Some(running);
        story.say("demo-started", &[("who", &self.shown(stage.lang())), ("pid", &pid), ("millis", &millis)]);
        Ok(())
    }

    /// Its first official gets an account, and a link to come in by. The names are invented.
    pub(super) fn invite(&mut self, stage: &Stage) -> Result<()> {
        let (account, person, language) = match self.name {
            "customs" => ("sato", "佐藤 花子", "ja"),
            _ => ("hong", "홍길동", "ko"),
        };
        let add = ["user", "add", account, "--display", person, "--language", language];
        let rights = ["--role", "administrator", "--link"];
        let made = stage.corridor(Some(self), &[add.as_slice(), &rights].concat())?;
        self.link = made.get("link").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(())
    }

    /// The link to its console.
    pub(super) fn link(&self) -> &str {
        &self.link
    }

    /// Ends the node in good order.
    pub(super) fn stop(mut self) -> Result<()> {
        self.running.take().map_or(Ok(()), Running::stop)
    }

    /// Where partners and where people find it.
    pub(super) fn addresses(&self) -> [String; 2] {
        [
            format!("http://localhost:{}/{}/did.json", self.public, self.name),
            format!("http://localhost:{}/api/v1/openapi.json", self.api),
        ]
    }

    /// How a person would ask it something.
    pub(super) fn ask(&self) -> String {
        format!("corridor --config {}", self.folder.join(&self.config).display())
    }

    /// The URL partners know it by.
    pub(super) fn url(&self) -> String {
        format!("http://localhost:{}", self.public)
    }

    /// Where others connect to.
    pub(super) fn public_address(&self) -> String {
        format!("localhost:{}", self.public)
    }

    /// Where its keys lie.
    pub(super) fn keys(&self) -> PathBuf {
        self.folder.join(self.name).join("keys")
    }

    /// Its name, for people. Both are invented.
    pub(super) fn names(&self) -> Words {
        let (en, ja, ko) = match self.name {
            "customs" => ("Hakata Customs (demo)", "博多税関（デモ）", "하카타 세관(데모)"),
            _ => ("Busan Forwarding (demo)", "釜山フォワーディング（デモ）", "부산 포워딩(데모)"),
        };
        Words { en: en.to_owned(), ja: ja.to_owned(), ko: ko.to_owned() }
    }

    pub(super) fn shown(&self, lang: Lang) -> String {
        self.names().get(lang).to_owned()
    }
}

fn tell_to_end(child: &Child) {
    let pid = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
}

/// The wanted port, or another one when a program sits on it; held.
fn free(story: &mut Story, wanted: u16) -> Result<(u16, TcpListener)> {
    if let Ok(held) = TcpListener::bind((Ipv4Addr::LOCALHOST, wanted)) {
        return Ok((wanted, held));
    }
    let taken =
        |e| Problem::new(ErrorCode::PortTaken).with("address", format!("127.0.0.1:{wanted}")).because(e);
    let held = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(taken)?;
    let other = held.local_addr().map_err(taken)?.port();
    story.say("demo-port-taken", &[("port", &wanted.to_string()), ("other", &other.to_string())]);
    Ok((other, held))
}

/// Why a document that was waited for did not arrive.
pub(super) fn unsent(sent: &Value, to: &str) -> Result<()> {
    let state = sent.get("state").and_then(Value::as_str).unwrap_or_default();
    if state == "delivered" {
        return Ok(());
    }
    let why = sent.pointer("/problem/detail").and_then(Value::as_str).unwrap_or(state).to_owned();
    Err(Problem::new(ErrorCode::PartnerAnswer).with("partner", to).with("why", why))
}

/// The problem that a command said on standard error.
fn problem_in(said: &[u8], args: &[&str]) -> Problem {
    let said = String::from_utf8_lossy(said);
    let document = said.lines().rev().find_map(|line| serde_json::from_str::<ProblemDocument>(line).ok());
    document.as_ref().and_then(Problem::from_document).unwrap_or_else(|| {
        let why = format!("corridor {}: {}", args.join(" "), said.trim());
        Problem::new(ErrorCode::Internal).with("why", why)
    })
}

fn failed(path: &Path, error: &std::io::Error) -> Problem {
    Problem::new(ErrorCode::FileFailed).with("path", path.display()).with("why", error)
}
