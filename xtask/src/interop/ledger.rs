//! The ledger: Go's own reader and Tessera judge our log, a Tessera log publishes only with our
//! cosignature, and the transparency-dev witness cosigns our log. These come from the Go module proxy; what
//! they do is in `interop/ledger`. Cosignatures with ML-DSA-44 and receipts in COSE are judged by others, too.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::results::Row;
use super::stage::{Programs, Running, Stage, bounded};
use super::{kits, script};
use crate::{Result, shell};

/// The raw log that the node is given.
const RAW: &str = "kit";
/// Whose node it is.
const WHO: &str = "forwarder";
/// How many receipts are read by others.
const RECEIPTS: &str = "20";
/// How long a peer may take until it listens.
const START: Duration = Duration::from_secs(20);
/// What Tessera's fsck says of a log that is whole. It ends well whatever it found.
const WHOLE: &str = "Successfully fsck'd";
/// Tests that hold our code against vectors of others: standard, kit, which test of `corridor-proof`.
const VECTORS: [(&str, &str, &str, &str); 5] = [
    (
        "RFC 6962, RFC 9162: inclusion, consistency, subtrees",
        "transparency-dev/merkle testdata",
        "vectors",
        "merkle_proofs_are_judged_as_transparency_dev_judges_them",
    ),
    (
        "RFC 6962, RFC 9162: inclusion, our script for browsers",
        "transparency-dev/merkle testdata",
        "browser",
        "inclusion_proofs_are_judged_as_transparency_dev_judges_them",
    ),
    ("Ed25519 (RFC 8032), edge cases", "C2SP/CCTV", "vectors", "ed25519_edge_cases_are_judged_by_our_rule"),
    (
        "Ed25519 (RFC 8032), edge cases, our script for browsers",
        "C2SP/CCTV",
        "browser",
        "the_edge_cases_of_cctv_are_judged_alike",
    ),
    (
        "COSE receipts (RFC 9942)",
        "scitt-cose vectors",
        "cose",
        "receipts_of_scitt_cose_are_judged_as_it_judges_them",
    ),
];

/// One row for each peer and each side.
pub(super) fn run(programs: &Programs) -> Vec<Row> {
    let row = |standard: &str, kit: &str| Row::new("ledger", standard, "2026-07").kit(kit);
    let xmod = "Go golang.org/x/mod";
    let tessera = "Go github.com/transparency-dev/tessera";
    let ready = kits::tessera;
    let mut rows = vec![
        super::kit(row("C2SP tlog-tiles, tlog-checkpoint: the log of acts", xmod), ready, |row, peers| {
            acts(row, programs, &peers)
        }),
        super::kit(row("C2SP tlog-tiles, tlog-checkpoint: a raw log", xmod), ready, |row, peers| {
            raw(row, programs, &peers)
        }),
        super::kit(
            row("C2SP tlog-proof: our receipts", "Go github.com/transparency-dev/formats"),
            ready,
            |row, peers| proofs(row, programs, &peers),
        ),
        super::kit(row("C2SP tlog-tiles: both logs, whole and damaged", tessera), ready, |row, peers| {
            checked(row, programs, &peers)
        }),
        super::kit(row("C2SP tlog-witness, tlog-policy: our witness", tessera), ready, |row, peers| {
            publishes(row, programs, &peers)
        }),
        super::kit(
            row("C2SP tlog-witness: our log", "Go github.com/transparency-dev/witness"),
            || Ok((kits::tessera()?, kits::witness()?)),
            |row, (peers, witness)| cosigned(row, programs, &peers, &witness),
        ),
    ];
    rows.push(super::kit(
        row("C2SP tlog-cosignature with ML-DSA-44 (FIPS 204), both ways", "npm @noble/post-quantum"),
        || kits::node("ml-dsa"),
        |row, node| ml_dsa(row, programs, &node),
    ));
    rows.push(super::kit(
        row("COSE receipts (RFC 9942), both ways", "PyPI scitt-cose"),
        || kits::python("cose"),
        |row, python| cose(row, programs, &python, &kits::tessera()?),
    ));
    rows.extend(VECTORS.map(|(standard, kit, target, test)| vectors(row(standard, kit), target, test)));
    rows
}

/// The node of a demo, with a raw log beside its log of acts.
struct Ours {
    stage: Stage,
    /// The folder for what peers need.
    folder: PathBuf,
    /// The node's public URL, without a slash at its end.
    url: String,
    set: Vec<(String, String)>,
}

impl Ours {
    fn set(programs: &Programs) -> Result<Self> {
        let stage = Stage::set(programs, "ledger")?;
        let folder = stage.folder().join("peers");
        fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let url = stage.configured(WHO, "public", "url")?.trim_end_matches('/').to_owned();
        let set = [
            ("CORRIDOR_LEDGER_RAW", RAW),
            ("CORRIDOR_LEDGER_INTERVAL_MS", "100"),
            // Peers take whatever port is free.
            ("CORRIDOR_NET_ALLOW", "localhost"),
        ];
        let set = set.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
        Ok(Self { stage, folder, url, set })
    }

    fn with(mut self, key: &str, value: &str) -> Self {
        self.set.push((key.to_owned(), value.to_owned()));
        self
    }

    fn start(&self, programs: &Programs) -> Result<Running> {
        self.stage.node(programs, WHO, &self.set)
    }

    fn log(&self) -> String {
        format!("{}/log", self.url)
    }

    fn raw(&self) -> String {
        format!("{}/logs/{RAW}", self.url)
    }

    /// What the node says of its ledger in its DID document: `log` and `witness` are verifier keys.
    fn told(&self, peers: &kits::Tessera, name: &str) -> Result<String> {
        let document = said(&mut peers.ledger(&["get", &format!("{}/{WHO}/did.json", self.url)]))?;
        let document: Value = serde_json::from_str(&document).map_err(|e| format!("did.json: {e}"))?;
        let services = document.get("service").and_then(Value::as_array).cloned().unwrap_or_default();
        let ledger = services.iter().filter_map(|s| s.get("serviceEndpoint")?.get(name)?.as_str()).next();
        ledger.map(str::to_owned).ok_or_else(|| format!("did.json names no {name} of a ledger"))
    }

    /// The verifier key of the raw log, which has a key of its own beside the node's others.
    fn raw_key(&self, peers: &kits::Tessera) -> Result<String> {
        let file = self.stage.folder().join(format!("{WHO}/keys/log-{RAW}.key"));
        said(peers.ledger(&["vkey"]).arg(file))
    }
}

fn said(command: &mut Command) -> Result<String> {
    bounded(command, START)
}

/// The log of acts: it grows by a key that is rotated.
fn acts(row: &mut Row, programs: &Programs, peers: &kits::Tessera) -> Result {
    let ours = Ours::set(programs)?;
    let _node = ours.start(programs)?;
    let mut read = peers.ledger(&["read", &ours.log(), &ours.told(peers, "log")?, "--then"]);
    let config = ours.stage.folder().join(format!("{WHO}.toml"));
    read.arg(&programs.corridor).arg("--config").arg(config).args(["key", "rotate"]);
    row.listen(&mut read)
}

/// A raw log: it grows by what is added over HTTP.
fn raw(row: &mut Row, programs: &Programs, peers: &kits::Tessera) -> Result {
    let ours = Ours::set(programs)?;
    let _node = ours.start(programs)?;
    row.listen(&mut peers.ledger(&["read", &ours.raw(), &ours.raw_key(peers)?, "--add"]))
}

/// Receipts of the newest acts, as files.
fn proofs(row: &mut Row, programs: &Programs, peers: &kits::Tessera) -> Result {
    let ours = Ours::set(programs)?;
    let _node = ours.start(programs)?;
    let key = ours.told(peers, "log")?;
    let acts = ours.stage.ask(programs, WHO, &["act", "list", "--limit", RECEIPTS])?;
    let acts = acts.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut files = Vec::new();
    for id in acts.iter().filter_map(|act| act.get("id")?.as_str()) {
        let file = ours.folder.join(format!("{id}.tlog-proof"));
        let mut receipt = Command::new(&programs.corridor);
        receipt.current_dir(ours.stage.folder()).args(["--config", &format!("{WHO}.toml"), "receipt", id]);
        receipt.arg("--output").arg(&file);
        // The newest acts are in no checkpoint yet.
        let begun = Instant::now();
        while let Err(why) = said(&mut receipt) {
            if begun.elapsed() > START {
                return Err(why);
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        files.push(file);
    }
    row.listen(peers.ledger(&["proofs", &key]).args(files))
}

/// Tessera's fsck takes our logs for whole, and copies of them as long as nothing in them is damaged.
fn checked(row: &mut Row, programs: &Programs, peers: &kits::Tessera) -> Result {
    let ours = Ours::set(programs)?;
    let _node = ours.start(programs)?;
    let (acts, raw) = (ours.told(peers, "log")?, ours.raw_key(peers)?);
    // Entries enough for whole tiles and for partial ones.
    let mut filled = Row::new("ledger", "", "");
    filled.listen(&mut peers.ledger(&["read", &ours.raw(), &raw, "--add"]))?;
    for (name, url, key) in [("the log of acts", ours.log(), acts), ("the raw log", ours.raw(), raw)] {
        let file = ours.folder.join("checked.vkey");
        kits::write(&file, &key)?;
        judge(row, &format!("{name}, over HTTP"), true, &peers.fsck(&format!("{url}/"), &file)?);
        let copy = ours.folder.join("copy");
        let copies = damages(peers, &url, &copy)?;
        for (what, whole) in copies {
            let folder = copy.join(what.replace(' ', "-"));
            let url = format!("file://{}", folder.display());
            judge(row, &format!("{name}, copied, {what}"), whole, &peers.fsck(&url, &file)?);
        }
    }
    row.kit = format!("Go github.com/transparency-dev/tessera {} (fsck)", peers.version);
    Ok(())
}

fn judge(row: &mut Row, what: &str, whole: bool, said: &str) {
    match (said.contains(WHOLE), whole) {
        (true, true) | (false, false) => row.passed += 1,
        (false, true) => row.fail(&format!("{what}: {}", said.lines().last().unwrap_or_default())),
        (true, false) => row.fail(&format!("{what}: fsck took it for whole")),
    }
}

/// Copies of a log: one as it is, and one for each way of damage. What each is called, and whether it is
/// whole.
fn damages(peers: &kits::Tessera, url: &str, folder: &Path) -> Result<Vec<(&'static str, bool)>> {
    let _ = fs::remove_dir_all(folder);
    let all = [
        ("as it is", None),
        ("one byte of an entry altered", Some("tile/entries/000")),
        ("one byte of a hash altered", Some("tile/0/000")),
        ("one byte of the checkpoint altered", Some("checkpoint")),
    ];
    for (what, file) in all {
        let copy = folder.join(what.replace(' ', "-"));
        said(peers.ledger(&["copy", url]).arg(&copy))?;
        if let Some(file) = file {
            flip(&first(&copy.join(file))?)?;
        }
    }
    Ok(all.map(|(what, file)| (what, file.is_none())).to_vec())
}

/// A tile's file; that of a partial one lies in a folder named after the tile.
fn first(path: &Path) -> Result<PathBuf> {
    if path.is_file() {
        return Ok(path.to_owned());
    }
    let folder = path.with_extension("p");
    let entries = fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let file = entries.flatten().map(|e| e.path()).next();
    file.ok_or_else(|| format!("{}: empty", folder.display()))
}

/// Alters a byte in the middle of a file; of a signed note, in the middle of what is signed: lines of witnesses
/// whom a reader does not know are nothing to it.
#[allow(clippy::disallowed_methods, reason = "a copy that is there to be damaged")]
fn flip(path: &Path) -> Result {
    let mut bytes = fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let signed = bytes.windows(2).position(|two| two == b"\n\n").filter(|_| path.ends_with("checkpoint"));
    let middle = signed.unwrap_or(bytes.len()) / 2;
    let byte = bytes.get_mut(middle).ok_or_else(|| format!("{}: empty", path.display()))?;
    *byte ^= 1;
    fs::write(path, bytes).map_err(|e| format!("{}: {e}", path.display()))
}

/// A Tessera log whose policy names our witness alone: it does not even start without it, publishes
/// nothing while it is off, and with its cosignature when it is on.
fn publishes(row: &mut Row, programs: &Programs, peers: &kits::Tessera) -> Result {
    let ours = Ours::set(programs)?;
    let prefix = ours.folder.join("log");
    said(peers.ledger(&["keys", "tessera.example/log"]).arg(&prefix))?;
    let key = kits::read(&prefix.with_extension("vkey"))?;
    let ours = ours.with("CORRIDOR_LEDGER_ACCEPT", &key);
    let node = ours.start(programs)?;
    let witness = ours.told(peers, "witness")?;
    let policy = ours.folder.join("policy");
    kits::write(&policy, &format!("witness ours {witness} {}/witness\nquorum ours\n", ours.url))?;
    let log = Log { peers, prefix, policy, folder: ours.folder.join("files"), port: free_port()? };
    drop(node);
    if log.start().is_ok() {
        row.fail("a log whose witness is off started");
    } else {
        row.passed += 1;
    }
    let node = ours.start(programs)?;
    let _log = log.start()?;
    let url = format!("http://127.0.0.1:{}/", log.port);
    let publishes = |row: &mut Row, words: &str| {
        row.listen(&mut peers.ledger(&["published", &url, &key, &witness, words]))
    };
    publishes(row, "our witness is on")?;
    drop(node);
    row.listen(&mut peers.ledger(&["unpublished", &url, "our witness is off"]))?;
    let _node = ours.start(programs)?;
    publishes(row, "our witness is on again")
}

/// A Tessera log of ours, its files and its policy.
struct Log<'a> {
    peers: &'a kits::Tessera,
    prefix: PathBuf,
    policy: PathBuf,
    folder: PathBuf,
    port: u16,
}

impl Log<'_> {
    fn start(&self) -> Result<Running> {
        fs::create_dir_all(&self.folder).map_err(|e| format!("{}: {e}", self.folder.display()))?;
        let mut command = self.peers.ledger(&["log", "--listen", &format!("127.0.0.1:{}", self.port)]);
        command.arg("--storage_dir").arg(&self.folder).arg("--policy").arg(&self.policy);
        command.arg("--private_key").arg(self.prefix.with_extension("key"));
        started(&mut command, self.port, &self.folder.with_extension("log"))
    }
}

/// The transparency-dev witness as the one witness in the policy of our node: the checkpoint that our
/// node serves comes to carry its cosignature.
fn cosigned(row: &mut Row, programs: &Programs, peers: &kits::Tessera, witness: &kits::Witness) -> Result {
    let ours = Ours::set(programs)?;
    let (prefix, port) = (ours.folder.join("witness"), free_port()?);
    said(peers.ledger(&["keys", "witness.example/w"]).arg(&prefix))?;
    let node = ours.start(programs)?;
    let log = ours.told(peers, "log")?;
    drop(node);
    let key = kits::read(&prefix.with_extension("cosigner"))?;
    let policy = ours.folder.join("policy");
    let text = format!("log {log}\nwitness theirs {key} http://localhost:{port}\nquorum theirs\n");
    kits::write(&policy, &text)?;
    let _witness = witness.start(&prefix, port, std::slice::from_ref(&log))?;
    let ours = ours.with("CORRIDOR_LEDGER_POLICY", &policy.to_string_lossy());
    let _node = ours.start(programs)?;
    row.kit = format!("Go github.com/transparency-dev/witness {}", witness.version);
    row.listen(&mut peers.ledger(&["cosigned", &format!("{}/", ours.log()), &log, &key]))
}

/// Somebody else's ML-DSA-44 checks what our witness signs, and `corridor verify` what that one signs.
fn ml_dsa(row: &mut Row, programs: &Programs, node: &kits::Node) -> Result {
    let ours = Ours::set(programs)?;
    let prefix = ours.folder.join("ml-dsa");
    let script = script("ml-dsa/cosign.cjs");
    said(node.command(&script).arg("key").arg(&prefix))?;
    let key = kits::read(&prefix.with_extension("vkey"))?;
    let ours = ours.with("CORRIDOR_LEDGER_ACCEPT", &key).with("CORRIDOR_LEDGER_COSIGN", "ed25519+ml-dsa-44");
    let _node = ours.start(programs)?;
    let mut check = node.command(&script);
    check.arg("check").arg(&prefix).arg(&programs.corridor);
    check.arg(ours.stage.folder().join(format!("{WHO}.toml"))).arg(format!("{}/witness", ours.url));
    row.listen(&mut check)
}

/// Somebody else verifies the receipts that our node exports in COSE, and `corridor verify` what that one signs.
fn cose(row: &mut Row, programs: &Programs, python: &Path, peers: &kits::Tessera) -> Result {
    let ours = Ours::set(programs)?;
    let _node = ours.start(programs)?;
    let mut check = shell::command(python);
    check.arg(script("cose/receipts.py")).arg(&programs.corridor);
    check.arg(ours.stage.folder().join(format!("{WHO}.toml")));
    check.arg(ours.told(peers, "log")?).arg(&ours.folder);
    row.listen(&mut check)
}

impl kits::Witness {
    /// Starts it over SQLite with the key at this prefix, for logs with these verifier keys.
    fn start(&self, prefix: &Path, port: u16, logs: &[String]) -> Result<Running> {
        let list = prefix.with_extension("yaml");
        let origin = |key: &str| key.split('+').next().unwrap_or_default().to_owned();
        let entries: Vec<String> =
            logs.iter().map(|key| format!("  - Origin: {}\n    PublicKey: {key}\n", origin(key))).collect();
        kits::write(&list, &format!("Logs:\n{}", entries.concat()))?;
        let mut command = Command::new(&self.program);
        command.args(["--listen", &format!("127.0.0.1:{port}"), "--metrics_listen", ""]);
        command.arg("--private_key_path").arg(prefix.with_extension("key"));
        command.arg("--db_file").arg(prefix.with_extension("db")).arg("--additional_logs").arg(list);
        started(&mut command, port, &prefix.with_extension("log"))
    }
}

/// Starts a peer and waits until it listens; it ends with what is given back.
fn started(command: &mut Command, port: u16, log: &Path) -> Result<Running> {
    let file = fs::File::create(log).map_err(|e| format!("{}: {e}", log.display()))?;
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file).spawn();
    let name = command.get_program().display().to_string();
    let mut running = Running::of(child.map_err(|e| format!("{name} did not start: {e}"))?);
    let begun = Instant::now();
    while begun.elapsed() < START && running.runs() {
        if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(running);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Err(format!("{name} does not listen: {}", kits::read(log).unwrap_or_default()))
}

fn free_port() -> Result<u16> {
    corridor_ports::free_port().map_err(|e| e.to_string())
}

/// Vectors that a test of ours goes through: it says how many it held, and how many it did not check.
fn vectors(row: Row, target: &str, test: &str) -> Row {
    super::kit(
        row,
        || Ok(()),
        |row, ()| {
            let mut cargo = shell::cargo(&["test", "--quiet", "--locked", "--package", "corridor-proof"]);
            let said = shell::output(cargo.args(["--test", target, "--", "--exact", "--nocapture", test]))?;
            if let Some(why) = said.lines().find_map(|line| line.strip_prefix("not run: ")) {
                row.skip(&format!("not run: {why}"));
                return Ok(());
            }
            row.passed += number(&said, "held ").ok_or("it does not say how many vectors it held")?;
            for _ in 0..number(&said, "not checked here ").unwrap_or(0) {
                row.skip("of an algorithm or a tree that is not checked here");
            }
            Ok(())
        },
    )
}

/// The number after these words.
fn number(said: &str, words: &str) -> Option<u64> {
    let (_, rest) = said.split_once(words)?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Where the Go programs stand in the repository.
pub(super) fn sources() -> PathBuf {
    script("ledger")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_tests_say_is_counted() {
        let check = |said: &str, held: Option<u64>, not: Option<u64>| {
            assert_eq!((number(said, "held "), number(said, "not checked here ")), (held, not), "{said}");
        };
        check("running 1 test\nheld 518: {…}\nok", Some(518), None);
        check("held 7, not checked here 2: valid 4", Some(7), Some(2));
        check("ok", None, None);
    }

    #[test]
    fn fsck_is_believed_by_what_it_says() {
        let check = |said: &str, whole: bool, expect: (u64, u64)| {
            let mut row = Row::new("ledger", "s", "1");
            judge(&mut row, "a log", whole, said);
            assert_eq!((row.passed, row.failed), expect, "{said}");
        };
        check("I1122 Successfully fsck'd log with size 3", true, (1, 0));
        check("I1122 Successfully fsck'd log with size 3", false, (0, 1));
        check("E1122 fsck failed: tile/0/001", true, (0, 1));
        check("E1122 fsck failed: tile/0/001", false, (1, 0));
    }
}
