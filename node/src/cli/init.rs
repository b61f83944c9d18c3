//! `corridor init`: everything a node needs before it can be served. Run again it makes only what is
//! missing.

use std::path::{Path, PathBuf};

use corridor_base::{Did, ErrorCode, Problem, Result};
use corridor_storage::{DataDir, durable};
use serde_json::{Value, json};

use super::{Context, Done};
use crate::access::Role;
use crate::assembly;
use crate::config::{self, Config, Hosted};
use crate::node::Node;
use crate::texts::say;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Short name of the participant, when there is no configuration file yet
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Its DID [default: did:web of the public URL and the name]
    #[arg(long)]
    did: Option<String>,
    /// Where keys, database and documents go [default: corridor-data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where partners are answered [default: 127.0.0.1:7080]
    #[arg(long, value_name = "ADDRESS")]
    public: Option<String>,
    /// Under which URL partners reach the node [default: http://localhost and the port of --public]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Where the API answers [default: 127.0.0.1:7081]
    #[arg(long, value_name = "ADDRESS")]
    api: Option<String>,
    /// An anchor whose trust list counts here: country and verifier key, "JP NAME+HASH+KEY"; may be
    /// given several times
    #[arg(long, value_name = "ANCHOR")]
    anchor: Vec<String>,
    /// A private or local destination that may be connected to; may be given several times
    #[arg(long, value_name = "HOST:PORT")]
    allow: Vec<String>,
}

pub(super) async fn run(context: &Context, args: Args) -> Done {
    let file = context.config_file();
    let fresh = std::fs::metadata(&file).is_err();
    if fresh {
        write_config(context, &args, &file)?;
    } else if args.name.is_some() || args.did.is_some() {
        return Err(Problem::new(ErrorCode::AlreadyExists).with("what", file.display()).into());
    }
    let config = context.config()?;
    let held = DataDir::lock(&config.data)?;
    let node = assembly::node(config.clone(), &context.around).await?;
    let mut participants = Vec::new();
    for hosted in &config.participants {
        participants.push(participant(&node, &config, hosted).await?);
    }
    node.exchange.store().close().await;
    drop(held);
    let answer = json!({
        "config": file, "data": config.data, "database": if fresh { "made" } else { "checked" },
        "participants": participants,
    });
    show(context, &answer);
    Ok(())
}

/// Keys are made when the node is put together; what is left is the first act and the first token.
async fn participant(node: &Node, config: &Config, hosted: &Hosted) -> Result<Value> {
    let keyring = node.exchange.keyring(&hosted.did)?.clone();
    node.record_birth(&keyring).await?;
    let file = config.token_file(hosted);
    if std::fs::metadata(&file).is_err() {
        let (token, _) = node.tokens.create(&hosted.did, Role::Administrator, "corridor init", None).await?;
        durable::write_file(&file, format!("{}\n", token.text()).as_bytes(), 0o600)?;
    }
    let signer = keyring.current();
    Ok(json!({
        "name": hosted.name, "did": hosted.did, "key": signer.name(), "public": signer.public(),
        "token_file": file,
    }))
}

fn write_config(context: &Context, args: &Args, file: &Path) -> Result<()> {
    let name =
        args.name.as_deref().ok_or_else(|| Problem::new(ErrorCode::OptionMissing).with("what", "--name"))?;
    let public = args.public.as_deref().unwrap_or("127.0.0.1:7080");
    let port = public.rsplit(':').next().unwrap_or("7080");
    let url = args.url.clone().unwrap_or_else(|| format!("http://localhost:{port}"));
    let did = match &args.did {
        Some(did) => did.parse::<Did>()?,
        None => did_below(&url, name)?,
    };
    let quoted = |text: &str| Value::from(text).to_string();
    let list =
        |items: &[String]| format!("[{}]", items.iter().map(|i| quoted(i)).collect::<Vec<_>>().join(", "));
    let mut given = vec![
        ("node.language", quoted(context.lang.tag())),
        ("participant.name", quoted(name)),
        ("participant.did", quoted(did.as_str())),
        ("public.listen", quoted(public)),
        ("public.url", quoted(&url)),
        ("api.listen", quoted(args.api.as_deref().unwrap_or("127.0.0.1:7081"))),
        ("trust.anchors", list(&args.anchor)),
        ("net.allow", list(&args.allow)),
    ];
    if let Some(data) = &args.data {
        given.push(("node.data", quoted(&data.display().to_string())));
    }
    let text = config::example(context.lang, &given);
    // Judged before it is written: a file that cannot be read back helps nobody.
    Config::from_text(&text, file, &context.environment)?;
    durable::write_file(file, text.as_bytes(), 0o600)
}

/// `did:web` of the participant below the public URL.
fn did_below(url: &str, name: &str) -> Result<Did> {
    let url = url::Url::parse(url)
        .map_err(|e| Problem::new(ErrorCode::Malformed).with("what", "--url").with("why", e))?;
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|p| format!("%3A{p}")).unwrap_or_default();
    format!("did:web:{host}{port}:{name}").parse()
}

fn show(context: &Context, answer: &Value) {
    if context.terminal.is_json() {
        return context.terminal.json(answer);
    }
    let text = |key: &str| answer.get(key).and_then(Value::as_str).unwrap_or_default();
    context.terminal.say("init-done", &[("config", text("config")), ("data", text("data"))]);
    for participant in answer.get("participants").and_then(Value::as_array).into_iter().flatten() {
        context.terminal.facts(participant, &["name", "did", "key", "public", "token_file"]);
    }
    context.terminal.line(&say(context.lang, "init-next", &[]));
}
