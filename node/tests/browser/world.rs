//! The world that the pages show: `corridor demo` as anyone runs it, two nodes with witnesses and one
//! document that crossed; and people who sign in.

#![allow(dead_code, reason = "each test uses a part")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};

use corridor_base::Lang;
use corridor_node::texts::say;
use serde_json::Value;

/// Ends the demo when the one who holds the other end of the pipe is gone, however it went.
const GUARD: &str = r#"
trap '' INT TERM HUP
home=$1
shift
(trap - TERM; exec "$@" </dev/null) &
read -r _
kill -TERM $!
wait
rm -rf "$home"
"#;

/// Two countries that run.
pub(crate) struct World {
    folder: PathBuf,
    _guard: Child,
}

/// The world of all tests here; made by the first that asks.
pub(crate) fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(World::begin)
}

impl World {
    fn begin() -> Self {
        let home = tempfile::Builder::new().prefix("corridor-pages-").tempdir().unwrap().keep();
        let folder = home.join("demo");
        let mut guard = Command::new("sh");
        guard.args(["-c", GUARD, "guard"]).arg(&home).arg(env!("CARGO_BIN_EXE_corridor"));
        guard.args(["demo", "--lang", "en", "--directory"]).arg(&folder);
        guard.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut guard = guard.spawn().unwrap();
        let mut told = String::new();
        let ready = say(Lang::En, "demo-stop", &[]);
        let lines = BufReader::new(guard.stdout.take().unwrap()).lines().map_while(Result::ok);
        let came_true = lines.inspect(|line| told.extend([line, "\n"])).any(|line| line.contains(&ready));
        if !came_true {
            let _ = guard.wait();
            panic!("the demo did not come true:\n{told}");
        }
        Self { folder, _guard: guard }
    }

    /// Where the console of a node is: `customs` or `forwarder`.
    pub(crate) fn site(&self, name: &str) -> String {
        let text = std::fs::read_to_string(self.config(name)).unwrap();
        let config: toml::Table = text.parse().unwrap();
        let listen = config["api"]["listen"].as_str().unwrap().to_owned();
        format!("http://localhost:{}", listen.rsplit(':').next().unwrap())
    }

    /// What a command answers, asked of a node.
    pub(crate) fn corridor(&self, name: &str, arguments: &[&str]) -> Value {
        let mut command = Command::new(env!("CARGO_BIN_EXE_corridor"));
        command
            .current_dir(&self.folder)
            .arg("--config")
            .arg(self.config(name))
            .args(["--json", "--lang", "en"]);
        let output = command.args(arguments).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "corridor {}: {said}", arguments.join(" "));
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    /// A field of the oldest thing that a command lists at customs: the same, whatever else happens meanwhile.
    pub(crate) fn oldest(&self, list: &[&str], field: &str) -> String {
        let listed = self.corridor("customs", list);
        let found = listed["items"].as_array().and_then(|items| items.last()?[field].as_str());
        found.unwrap_or_else(|| panic!("corridor {}: {listed}", list.join(" "))).to_owned()
    }

    /// The oldest document of this name that customs have received.
    pub(crate) fn received(&self, name: &str) -> String {
        let listed = self.corridor("customs", &["inbox", "list", "--limit", "1000"]);
        let found =
            listed["items"].as_array().and_then(|items| items.iter().rfind(|item| item["name"] == name));
        found.and_then(|item| item["id"].as_str()).unwrap_or_else(|| panic!("{name}: {listed}")).to_owned()
    }

    /// A person whom customs have named to the forwarder, in a document that its officers have read.
    pub(crate) fn person(&self) -> &'static str {
        static MADE: OnceLock<()> = OnceLock::new();
        let person = "事件 4711 <b>";
        MADE.get_or_init(|| {
            let sent = self.send_about(person);
            self.corridor("customs", &["outbox", "read", &sent, "--output", "read.edi"]);
        });
        person
    }

    /// A person whom customs had named, erased on both sides: the number of the erasure.
    pub(crate) fn erasure(&self) -> String {
        static MADE: OnceLock<String> = OnceLock::new();
        let made = MADE.get_or_init(|| {
            self.send_about("case 42");
            let erased = self.corridor("customs", &["subject", "erase", "case 42", "--wait"]);
            erased["id"].as_str().unwrap().to_owned()
        });
        made.clone()
    }

    /// Sends a document about a person from customs to whom it has received one from.
    fn send_about(&self, person: &str) -> String {
        let to = self.oldest(&["inbox", "list"], "partner");
        let file = self.folder.join("about.edi");
        #[allow(clippy::disallowed_methods, reason = "a test writes a fixture")]
        std::fs::write(&file, corridor_trade::SAMPLE).unwrap();
        let file = file.to_str().unwrap();
        let sent =
            self.corridor("customs", &["send", "--to", &to, "--kind", "edifact", "--subject", person, file]);
        sent["id"].as_str().unwrap().to_owned()
    }

    /// A stowage plan that customs sent to whom they have received a document from.
    pub(crate) fn stowage(&self) -> String {
        static MADE: OnceLock<String> = OnceLock::new();
        MADE.get_or_init(|| self.send_edifact("plan.edi", corridor_trade::STOWAGE_SAMPLE)).clone()
    }

    /// A cargo report that customs sent and that was refused, because its trailer does not count right.
    pub(crate) fn rejected(&self) -> String {
        static MADE: OnceLock<String> = OnceLock::new();
        let made = MADE.get_or_init(|| {
            let wrong = String::from_utf8(corridor_trade::SAMPLE.to_vec()).unwrap();
            let wrong = wrong.replace("UNZ+1+DN261122000042", "UNZ+3+DN261122000042");
            assert_ne!(wrong.as_bytes(), corridor_trade::SAMPLE);
            let sent = self.send_edifact("wrong.edi", wrong.as_bytes());
            for _ in 0..600 {
                let queue = self.corridor("customs", &["trade", "rejects"]);
                if queue["items"].as_array().is_some_and(|items| !items.is_empty()) {
                    return sent;
                }
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
            panic!("nobody refused {sent}");
        });
        made.clone()
    }

    /// Codes of the partner of customs.
    pub(crate) fn codes(&self) {
        let to = self.oldest(&["inbox", "list"], "partner");
        let file = self.folder.join("codes.csv");
        #[allow(clippy::disallowed_methods, reason = "a test writes a fixture")]
        std::fs::write(&file, "kind,ours,theirs\nhs,8409910000,840991\nunlocode,KRPUS,PUS\nunit,PCE,NMB\n")
            .unwrap();
        self.corridor("customs", &["trade", "codes", "import", &to, file.to_str().unwrap()]);
    }

    /// An interchange that customs send to whom they have received a document from.
    pub(crate) fn send_edifact(&self, name: &str, content: &[u8]) -> String {
        let to = self.oldest(&["inbox", "list"], "partner");
        let file = self.folder.join(name);
        #[allow(clippy::disallowed_methods, reason = "a test writes a fixture")]
        std::fs::write(&file, content).unwrap();
        let sent =
            self.corridor("customs", &["send", "--to", &to, "--kind", "edifact", file.to_str().unwrap()]);
        sent["id"].as_str().unwrap().to_owned()
    }

    /// An account at customs that nobody has come in by; made by the first test that asks.
    pub(crate) fn account(&self, name: &str) {
        static MADE: Mutex<Vec<String>> = Mutex::new(Vec::new());
        let mut made = MADE.lock().unwrap();
        if !made.iter().any(|known| known == name) {
            self.corridor("customs", &["user", "add", name, "--display", "同僚 A. Colleague"]);
            made.push(name.to_owned());
        }
    }

    /// A file that the demo left.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn config(&self, name: &str) -> PathBuf {
        Path::new(&self.folder).join(format!("{name}.toml"))
    }
}
