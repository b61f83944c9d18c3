//! `corridor send`: hands a document in, and waits for the partner's acknowledgement if asked.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use corridor_base::problem::ProblemDocument;
use corridor_base::{EnvelopeId, ErrorCode, Problem, Result};
use futures::TryStreamExt;
use http_body::Frame;
use http_body_util::StreamBody;
use serde_json::Value;
use tokio::io::{AsyncRead, ReadBuf};
use tokio_util::io::ReaderStream;

use super::output::bytes;
use super::remote::Remote;
use super::{Context, Done, Failure};
use crate::texts::say;

/// How much of the document is read at once.
const CHUNK: usize = 256 << 10;
/// How often a broken upload is begun again; the idempotency key keeps it one document.
const ATTEMPTS: u32 = 3;
/// How often the state is looked at while waiting.
const LOOK: Duration = Duration::from_millis(100);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The document, or - for standard input
    file: PathBuf,
    /// To whom: did:web:…
    #[arg(long, value_name = "DID")]
    to: String,
    /// What it is, as the agreement names it: edifact
    #[arg(long)]
    kind: String,
    /// Under which agreement [default: the one in force that allows it]
    #[arg(long, value_name = "ID")]
    agreement: Option<String>,
    /// A name for people [default: the name of the file]
    #[arg(long)]
    name: Option<String>,
    /// The envelope it answers
    #[arg(long, value_name = "ID")]
    answers: Option<String>,
    /// A person it is about, by your own reference, which does not cross; may be given again. The
    /// document lies sealed on both sides, and can be erased
    #[arg(long = "subject", value_name = "REF")]
    subjects: Vec<String>,
    /// The same key again sends nothing twice [default: a new one]
    #[arg(long)]
    key: Option<String>,
    /// Wait for the acknowledgement, at most so many seconds
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "60")]
    wait: Option<u64>,
}

pub(super) async fn run(context: &Context, args: Args) -> Done {
    let remote = context.remote()?;
    let answer = hand_in(context, &remote, &args).await?;
    let Some(seconds) = args.wait else {
        context.terminal.facts(&answer, FIELDS);
        context.terminal.say("send-queued", &[]);
        return Ok(());
    };
    wait(context, &remote, answer, Duration::from_secs(seconds)).await
}

const FIELDS: &[&str] = &["id", "partner", "kind", "name", "size", "sha256", "agreement", "state", "problem"];

async fn hand_in(context: &Context, remote: &Remote, args: &Args) -> Result<Value> {
    let from_input = args.file == Path::new("-");
    let of_file = args.file.file_name().map(|n| n.to_string_lossy().into_owned()).filter(|_| !from_input);
    let name = args.name.clone().or(of_file);
    let url = remote.path(
        &["outbox"],
        &[
            ("to", Some(&args.to)),
            ("kind", Some(&args.kind)),
            ("agreement", args.agreement.as_deref()),
            ("name", name.as_deref()),
            ("answers", args.answers.as_deref()),
        ],
    )?;
    let key = match &args.key {
        Some(key) => key.clone(),
        None => EnvelopeId::new(&*context.around.clock, &*context.around.random).to_string(),
    };
    let mut attempt = 1;
    loop {
        let result = upload(context, remote, args, url.clone(), &key).await;
        match result {
            // What went through standard input is gone.
            Err(problem)
                if problem.code() == ErrorCode::NodeUnreachable && attempt < ATTEMPTS && !from_input =>
            {
                attempt += 1;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            other => return other,
        }
    }
}

async fn upload(context: &Context, remote: &Remote, args: &Args, url: url::Url, key: &str) -> Result<Value> {
    let file: &Path = &args.file;
    let failed = |e| Problem::new(ErrorCode::FileFailed).with("path", file.display()).because(e);
    let (reader, length): (Box<dyn AsyncRead + Send + Sync + Unpin>, Option<u64>) = if file == Path::new("-")
    {
        (Box::new(tokio::io::stdin()), None)
    } else {
        let open = tokio::fs::File::open(file).await.map_err(failed)?;
        let found = open.metadata().await.map_err(failed)?;
        (Box::new(open), found.is_file().then_some(found.len()))
    };
    let done = Arc::new(AtomicU64::new(0));
    let counted = Counted { inner: reader, done: done.clone() };
    let body = StreamBody::new(ReaderStream::with_capacity(counted, CHUNK).map_ok(Frame::data));
    let upload = remote.upload(url, key, &args.subjects, length, body);
    let mut progress = context.terminal.progress();
    tokio::pin!(upload);
    let result = loop {
        tokio::select! {
            result = &mut upload => break result,
            () = tokio::time::sleep(Duration::from_millis(200)) => {
                let sent = bytes(done.load(Ordering::Relaxed));
                let whole = length.map_or_else(|| "?".to_owned(), bytes);
                progress.at(&say(context.lang, "send-progress", &[("done", &sent), ("size", &whole)]));
            }
        }
    };
    progress.end();
    result
}

async fn wait(context: &Context, remote: &Remote, mut answer: Value, most: Duration) -> Done {
    let id = answer.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let began = tokio::time::Instant::now();
    let mut progress = context.terminal.progress();
    while state(&answer) == "sending" && began.elapsed() < most {
        tokio::time::sleep(LOOK).await;
        answer = remote.get(&["outbox", &id], &[]).await?;
        progress.at(&say(context.lang, "send-waiting", &[]));
    }
    progress.end();
    context.terminal.facts(&answer, FIELDS);
    match state(&answer) {
        "delivered" => {
            context.terminal.say("send-delivered", &[]);
            Ok(())
        }
        "sending" => {
            context.terminal.note("send-late", &[]);
            Err(Failure::Code(5))
        }
        _ => Err(refusal(&answer).into()),
    }
}

fn state(answer: &Value) -> &str {
    answer.get("state").and_then(Value::as_str).unwrap_or_default()
}

/// Why the partner refused, or why it was given up on.
fn refusal(answer: &Value) -> Problem {
    let document =
        answer.get("problem").cloned().and_then(|p| serde_json::from_value::<ProblemDocument>(p).ok());
    document.as_ref().and_then(Problem::from_document).unwrap_or_else(|| {
        Problem::new(ErrorCode::PartnerAnswer)
            .with("partner", answer.get("partner").and_then(Value::as_str).unwrap_or_default())
            .with("why", state(answer))
    })
}

/// Counts what is read.
struct Counted {
    inner: Box<dyn AsyncRead + Send + Sync + Unpin>,
    done: Arc<AtomicU64>,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = into.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, into);
        let more = u64::try_from(into.filled().len() - before).unwrap_or(0);
        self.done.fetch_add(more, Ordering::Relaxed);
        polled
    }
}
