//! One node alone, with the ledger that a bench gives it; and peers as processes beside it.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use corridor_proof::{SecretKey, Signer as _};
use corridor_storage::durable;
use serde_json::Value;
use tempfile::TempDir;

use crate::process::{self, Process};
use crate::world::free_port;
use crate::{Result, told};

/// How long a peer may take until it listens.
const PATIENCE: Duration = Duration::from_secs(30);

/// A node with no partners.
pub struct Solo {
    /// The process.
    pub node: Process,
    /// The port of its public listener.
    pub public: u16,
    /// Its data directory.
    pub data: PathBuf,
    _home: TempDir,
}

impl Solo {
    /// Starts a node with these lines in the section `ledger` of its configuration.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(program: &Path, folder: &Path, ledger: &str) -> Result<Self> {
        fs::create_dir_all(folder).map_err(told(folder.display()))?;
        let home = tempfile::Builder::new().prefix("solo-").tempdir_in(folder);
        let home = home.map_err(told(folder.display()))?;
        let (public, api) = (free_port()?, free_port()?);
        let folder = home.path().join("node");
        fs::DirBuilder::new().mode(0o700).create(&folder).map_err(told(folder.display()))?;
        let file = folder.join("corridor.toml");
        let text = format!(
            "[node]\ndata = \"data\"\n\n[[participant]]\nname = \"bench\"\ndid = \"did:web:localhost%3A{public}:bench\"\n\n\
             [public]\nlisten = \"127.0.0.1:{public}\"\nurl = \"http://localhost:{public}\"\n\n\
             [api]\nlisten = \"127.0.0.1:{api}\"\n\n[net]\nallow = [\"localhost\"]\n\n[ledger]\n{ledger}\n\
             [log]\nlevel = \"warn\"\n"
        );
        durable::write_file(&file, text.as_bytes(), 0o600).map_err(told("configuration"))?;
        let mut init = process::command(program);
        let done = init.arg("--config").arg(&file).args(["--json", "init"]).output();
        let done = done.map_err(told(program.display()))?;
        if !done.status.success() {
            return Err(format!("corridor init: {}", String::from_utf8_lossy(&done.stderr)));
        }
        let mut node = Process::start(program, &file)?;
        node.ready()?;
        Ok(Self { node, public, data: folder.join("data"), _home: home })
    }

    /// The DID of its one participant.
    #[must_use]
    pub fn did(&self) -> String {
        format!("did:web:localhost%3A{}:bench", self.public)
    }

    /// What the node says of its ledger in its DID document, such as `witness`, its verifier key.
    ///
    /// # Errors
    /// When it says nothing of the kind.
    pub async fn told(&self, name: &str) -> Result<String> {
        let mut connection = crate::http::Connection::open(self.public).await?;
        let request = format!("GET /bench/did.json HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", self.public);
        let answer = connection.exchange(request.as_bytes()).await?;
        let document: Value =
            serde_json::from_slice(connection.content(&answer)).map_err(told("did.json"))?;
        let services = document.get("service").and_then(Value::as_array).cloned().unwrap_or_default();
        let found = services.iter().find_map(|s| s.get("serviceEndpoint")?.get(name)?.as_str());
        found.map(str::to_owned).ok_or_else(|| format!("did.json names no {name} of a ledger"))
    }
}

/// A secret key as Go's sumdb/note has it, in a file.
///
/// # Errors
/// When it cannot be written.
pub fn write_note_key(path: &Path, key: &SecretKey) -> Result {
    let hash: String = key.public().note_hash(key.name()).iter().map(|b| format!("{b:02x}")).collect();
    let typed = [[1u8].as_slice(), key.seed().as_slice()].concat();
    let text = format!("PRIVATE+KEY+{}+{hash}+{}", key.name(), STANDARD.encode(typed));
    durable::write_file(path, text.as_bytes(), 0o600).map_err(told(path.display()))
}

/// A peer, or a server of our own, as a process that is killed when this is dropped.
pub struct Server {
    child: Child,
    /// The port that it listens on.
    pub port: u16,
}

impl Server {
    /// Starts a command and waits until its port answers; what it says goes to a file.
    ///
    /// # Errors
    /// When it does not listen in time.
    pub fn start(mut command: Command, port: u16, log: &Path) -> Result<Self> {
        let file = File::create(log).map_err(told(log.display()))?;
        let name = command.get_program().display().to_string();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file).spawn();
        let mut server = Self { child: child.map_err(told(&name))?, port };
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until && server.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Ok(server);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(format!("{name} does not listen: {}", fs::read_to_string(log).unwrap_or_default()))
    }

    /// Its process number.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that ended by itself is as gone.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
