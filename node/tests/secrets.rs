//! What people sign in with stands in the clear neither in the log of a node, at whatever level, nor in a backup
//! of it: a node that runs, in which each of them was used.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod common;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::provider::{Provider, SECRET};
use corridor_base::{Clock, SystemClock};
use corridor_net::{Client, ClientOptions, Request};
use corridor_node::people::totp::Seed;
use corridor_ports::free_port;
use http::Method;
use serde_json::Value;

const PASSWORD: &str = "seven blue kites over busan";
const WRONG: &str = "eight green boats at kobe";

/// A node in a folder, as a process of its own.
struct Node {
    folder: tempfile::TempDir,
    api: u16,
    running: Option<Child>,
}

impl Node {
    fn program(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_corridor"));
        command.current_dir(self.folder.path()).env_clear().env("LANG", "C.UTF-8").args(args);
        command
    }

    fn run(&self, args: &[&str]) -> Value {
        let done = self.program(args).arg("--json").output().unwrap();
        assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
        serde_json::from_slice(&done.stdout).unwrap_or(Value::Null)
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("node.log")
    }

    /// Starts it, with a provider, saying all that it can say.
    fn start(provider: &Provider) -> Self {
        let (folder, public, api) =
            (tempfile::tempdir().unwrap(), free_port().unwrap(), free_port().unwrap());
        let mut node = Self { folder, api, running: None };
        let [public, api] = [public, api].map(|port| format!("127.0.0.1:{port}"));
        node.run(&["init", "--name", "customs", "--public", &public, "--api", &api]);
        #[allow(clippy::disallowed_methods, reason = "a test writes a fixture")]
        std::fs::write(node.folder.path().join("sign-on.secret"), SECRET).unwrap();
        let log = std::fs::File::create(node.log()).unwrap();
        let mut serve = node.program(&["serve", "--json"]);
        serve.envs([
            ("CORRIDOR_LOG_LEVEL", "trace"),
            ("CORRIDOR_NET_ALLOW", "127.0.0.1, localhost"),
            ("CORRIDOR_SIGN_ON_ISSUER", provider.issuer.as_str()),
            ("CORRIDOR_SIGN_ON_CLIENT_ID", "corridor node"),
            ("CORRIDOR_SIGN_ON_CLIENT_SECRET_FILE", "sign-on.secret"),
            ("CORRIDOR_SIGN_ON_RULES", "officers = customs officer"),
            ("CORRIDOR_SIGN_ON_UNKNOWN", "create"),
            ("CORRIDOR_SIGN_ON_SECOND_FACTOR", "provider"),
        ]);
        let mut child = serve.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        node.running = Some(child);
        assert!(line.contains("ready"), "{line}");
        node
    }

    /// Asks it to end, and waits.
    fn end(&mut self) {
        let Some(mut child) = self.running.take() else { return };
        let _ = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
        let _ = child.wait();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.end();
    }
}

/// A browser that goes to the node over its port.
struct Browser {
    client: Client,
    home: String,
    cookies: Vec<(String, String)>,
    page: String,
}

impl Browser {
    fn new(node: &Node) -> Self {
        let allow = vec!["127.0.0.1".parse().unwrap()];
        let client = Client::new(&ClientOptions { allow, ..ClientOptions::default() }).unwrap();
        let home = format!("http://127.0.0.1:{}", node.api);
        Self { client, home, cookies: Vec::new(), page: String::new() }
    }

    /// Where it leads, or the status.
    async fn ask(&mut self, path: &str, form: Option<&[(&str, &str)]>) -> String {
        let method = if form.is_some() { Method::POST } else { Method::GET };
        let mut request = Request::new(method, format!("{}{path}", self.home).parse().unwrap());
        let cookies: Vec<String> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let mut head = vec![("accept", "text/html".to_owned()), ("sec-fetch-site", "same-origin".to_owned())];
        head.push(("cookie", cookies.join("; ")));
        if let Some(form) = form {
            let csrf = self.field("csrf");
            let mut body = url::form_urlencoded::Serializer::new(String::new());
            body.append_pair("csrf", &csrf).extend_pairs(form);
            request.body = body.finish().into();
            head.push(("content-type", "application/x-www-form-urlencoded".to_owned()));
        }
        for (name, value) in head {
            request.headers.insert(name, value.parse().unwrap());
        }
        let answer = self.client.send(request).await.unwrap();
        for line in answer.headers.get_all("set-cookie") {
            let (pair, rest) = line.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.retain(|(n, _)| n != name);
            if !rest.contains("Max-Age=0") {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        self.page = String::from_utf8_lossy(&answer.body).into_owned();
        let to = answer.headers.get("location").map(|v| v.to_str().unwrap().to_owned());
        to.unwrap_or_else(|| answer.status.as_u16().to_string())
    }

    async fn get(&mut self, path: &str) -> String {
        self.ask(path, None).await
    }

    async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> String {
        self.ask(path, Some(form)).await
    }

    fn field(&self, name: &str) -> String {
        let found = self.page.split_once(&format!("name=\"{name}\" value=\""));
        found.map(|(_, rest)| rest.split('"').next().unwrap().to_owned()).unwrap_or_default()
    }

    /// The text of the sample on the page.
    fn sample(&self) -> String {
        let (_, rest) = self.page.split_once("<code>").unwrap_or_else(|| panic!("{}", self.page));
        rest.split("</code>").next().unwrap().to_owned()
    }

    fn session(&self) -> String {
        let (_, cookie) = self.cookies.iter().find(|(name, _)| name.contains("session")).unwrap();
        cookie.split_once('~').unwrap().1.to_owned()
    }
}

fn unbase32(text: &str) -> Vec<u8> {
    let letters = text.bytes().filter(u8::is_ascii_alphanumeric).map(|b| match b.to_ascii_uppercase() {
        b @ b'A'..=b'Z' => b - b'A',
        b => b - b'2' + 26,
    });
    let mut bits: Vec<u8> = Vec::new();
    for value in letters {
        bits.extend((0..5).rev().map(|i| value >> i & 1));
    }
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |all, bit| all << 1 | bit)).collect()
}

fn files(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, all) } else { all.push(path) }
    }
}

/// What lies in base64 in the rows of a table.
fn decoded(bytes: &[u8]) -> Vec<Vec<u8>> {
    fn walk(value: &Value, into: &mut Vec<Vec<u8>>) {
        match value {
            Value::String(text) => into.extend(STANDARD.decode(text)),
            Value::Array(items) => items.iter().for_each(|item| walk(item, into)),
            Value::Object(all) => all.values().for_each(|item| walk(item, into)),
            _ => {}
        }
    }
    let mut into = Vec::new();
    for line in bytes.split(|b| *b == b'\n') {
        if let Ok(row) = serde_json::from_slice::<Value>(line) {
            walk(&row, &mut into);
        }
    }
    into
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_the_log_nor_a_backup_holds_what_people_sign_in_with() {
    let provider = Provider::start().await;
    let mut node = Node::start(&provider);
    let mut secrets: Vec<(&str, Vec<u8>)> = vec![
        ("the password", PASSWORD.into()),
        ("a wrong password", WRONG.into()),
        ("the client secret", SECRET.into()),
        ("the client secret in a form", "hush%3Ahush".into()),
    ];
    let mut keep = |what: &'static str, secret: &str| secrets.push((what, secret.as_bytes().to_vec()));

    // By a link, and what it leads to.
    let made = node.run(&["user", "add", "kim.minji", "--role", "officer", "--link"]);
    let link = made["link"].as_str().unwrap().split_once("/console").unwrap().1.to_owned();
    keep("a link", link.rsplit('~').next().unwrap());
    let mut kim = Browser::new(&node);
    let link = format!("/console{link}");
    assert_eq!(kim.get(&link).await, "200");
    assert_eq!(kim.post(&link, &[]).await, "/console/setup");
    keep("a session of setting up", &kim.session());
    kim.get("/console/setup").await;
    let fields = [("new-password", PASSWORD), ("again", PASSWORD)];
    assert_eq!(kim.post("/console/setup/password", &fields).await, "/console/setup");
    kim.get("/console/setup").await;
    let key = kim.sample();
    keep("the key of the authenticator as it is shown", &key);
    let bare: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
    keep("the key of the authenticator", &bare);
    let seed = unbase32(&key);
    let code = Seed::of(zeroize::Zeroizing::new(seed.clone())).now(SystemClock.now());
    let offer = kim.field("offer");
    let set = kim.post("/console/setup/authenticator", &[("offer", &offer), ("code", &code)]).await;
    assert_eq!(set, "200", "{}", kim.page);
    let codes: Vec<String> = kim.sample().split_whitespace().map(str::to_owned).collect();
    assert!(codes.len() >= 8, "{codes:?}");
    for code in &codes {
        keep("a recovery code", code);
        keep("a recovery code without hyphens", &code.replace('-', ""));
    }
    keep("a session", &kim.session());

    // A wrong password, and then the right one with a recovery code.
    let mut again = Browser::new(&node);
    for (password, expect) in [(WRONG, "401"), (PASSWORD, "200")] {
        again.get("/console/sign-in").await;
        let fields = [("name", "kim.minji"), ("password", password)];
        assert_eq!(again.post("/console/sign-in", &fields).await, expect);
    }
    keep("a session before the second factor", &again.session());
    assert_eq!(again.post("/console/sign-in/second", &[("code", &codes[0])]).await, "/console");
    keep("a session of a recovery code", &again.session());
    assert_eq!(again.get("/console/inbox").await, "200");

    // By single sign-on, as somebody new.
    provider.told().now = SystemClock.now();
    provider.told().says["preferred_username"] = "sato".into();
    let mut sato = Browser::new(&node);
    let place = sato.get("/console/sign-on").await;
    let back = provider.sign_in(&place);
    let state = back.split_once("state=").unwrap().1.split('&').next().unwrap();
    let code = back.split_once("code=").unwrap().1.split('&').next().unwrap();
    keep("the state of an attempt", state);
    keep("the code of an attempt", code);
    let (_, attempt) = sato.cookies.iter().find(|(name, _)| name.contains("sign_on")).unwrap();
    keep("the cookie of an attempt", attempt);
    assert_eq!(sato.get(&back).await, "/console", "{}", sato.page);
    keep("a session of single sign-on", &sato.session());
    assert_eq!(sato.get("/console/inbox").await, "200");
    // A link that nobody has used yet.
    let made = node.run(&["user", "link", "kim.minji"]);
    keep("an unused link", made["link"].as_str().unwrap().rsplit('~').next().unwrap());
    secrets.push(("the seed of the authenticator", seed));

    tokio::time::sleep(Duration::from_millis(1200)).await;
    node.run(&["backup", "backups"]);
    node.end();
    let mut all = vec![node.log()];
    files(&node.folder.path().join("backups"), &mut all);
    let (mut looked, mut known) = (0, 0);
    for path in &all {
        let bytes = std::fs::read(path).unwrap();
        looked += bytes.len();
        let inside = decoded(&bytes);
        // What is searched so is found where it is: the account's name stands in its table.
        known += usize::from(String::from_utf8_lossy(&bytes).contains("kim.minji"));
        for (what, secret) in &secrets {
            let holds = |bytes: &[u8]| bytes.windows(secret.len()).any(|w| w == secret.as_slice());
            assert!(!holds(&bytes) && !inside.iter().any(|i| holds(i)), "{} holds {what}", path.display());
        }
    }
    let rows = |table: &str| {
        let path = all.iter().find(|path| path.ends_with(format!("tables/{table}.jsonl"))).unwrap();
        std::fs::read_to_string(path).unwrap().lines().count() - 1
    };
    assert_eq!(known, 1);
    assert_eq!((rows("account"), rows("sign_on"), rows("sign_in_link"), rows("challenge")), (2, 1, 1, 1));
    assert!(rows("session") >= 3 && rows("recovery_code") >= 7 && looked > 20_000, "{looked} bytes");
    let log = std::fs::read_to_string(node.log()).unwrap();
    assert!(
        log.contains("/console/sign-on/back") && log.contains("sign-in refused"),
        "the log says what happened"
    );
}
