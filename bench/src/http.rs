//! The load generator that ours and the peers get alike: POST over connections that are kept, written
//! and read by hand. A library for HTTP would take more of the cores than the servers that are measured.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::content::Chance;
use crate::process::used;
use crate::{Result, told};

/// The size of an entry, in bytes.
pub const ENTRY: usize = 200;
/// The largest answer that is read, in bytes.
const MAX_ANSWER: usize = 1 << 20;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection to a server on this machine.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What came back; the content is in [`Connection::content`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Where the content begins and ends.
    content: std::ops::Range<usize>,
}

impl Connection {
    /// Connects to a port of this machine.
    ///
    /// # Errors
    /// When nobody listens there.
    pub async fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.map_err(told("connecting"))?;
        stream.set_nodelay(true).map_err(told("connecting"))?;
        Ok(Self { stream, buffer: Vec::with_capacity(1024) })
    }

    /// Sends a request as it is, and reads the answer.
    ///
    /// # Errors
    /// When the connection ends, the answer is none with a length, or it takes too long.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Answer> {
        tokio::time::timeout(PATIENCE, self.exchanged(request)).await.map_err(told("answer"))?
    }

    async fn exchanged(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.write_all(request).await.map_err(told("request"))?;
        self.buffer.clear();
        loop {
            let read = self.stream.read_buf(&mut self.buffer).await.map_err(told("answer"))?;
            if let Some(answer) = understood(&self.buffer)? {
                return Ok(answer);
            }
            if read == 0 || self.buffer.len() > MAX_ANSWER {
                return Err("the answer has no end".to_owned());
            }
        }
    }

    /// The content of the answer that came last.
    #[must_use]
    pub fn content(&self, answer: &Answer) -> &[u8] {
        self.buffer.get(answer.content.clone()).unwrap_or_default()
    }
}

/// The answer, once all of it is here.
fn understood(bytes: &[u8]) -> Result<Option<Answer>> {
    let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else { return Ok(None) };
    let head = bytes.get(..end).unwrap_or_default();
    let head = std::str::from_utf8(head).map_err(told("answer"))?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok());
    let status: u16 = status.ok_or_else(|| format!("not an answer: {head}"))?;
    let length = |line: &str| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    };
    let length = lines.find_map(length).ok_or_else(|| format!("an answer without a length: {head}"))?;
    let content = end + 4..end + 4 + length;
    Ok((bytes.len() >= content.end).then_some(Answer { status, content }))
}

/// A request to post this content.
#[must_use]
pub fn post(port: u16, path: &str, kind: &str, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), content].concat()
}

/// A log that takes entries.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its port on this machine.
    pub port: u16,
    /// Where entries are posted.
    pub path: String,
    /// Its process.
    pub process: u32,
}

/// What came of a load.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Answered with a number, a second.
    pub rate: f64,
    /// The same for each second of the server's processor time.
    pub per_cpu: f64,
    /// From request to answer, in milliseconds, sorted.
    pub latencies: Vec<f64>,
    /// Answers that were no number.
    pub failed: u64,
}

impl Outcome {
    /// A latency such that this part of all was not slower, in milliseconds.
    #[must_use]
    pub fn latency(&self, part: f64) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        self.latencies.get((last as f64 * part).round() as usize).copied().unwrap_or_default()
    }
}

/// So many clients post entries, each the next when the last was answered, until time is up. Every
/// number must be given once.
///
/// # Errors
/// When a connection breaks, or a number comes twice.
pub async fn adds(target: &Target, clients: usize, warm: Duration, time: Duration) -> Result<Outcome> {
    let target = Arc::new(target.clone());
    let seed = (&corridor_base::OsRandom as &dyn corridor_base::Random).bytes();
    let seed = u64::from_be_bytes(seed);
    let (from, until) = (Instant::now() + warm, Instant::now() + warm + time);
    let mut tasks = JoinSet::new();
    for client in 0..clients as u64 {
        tasks.spawn(add(target.clone(), seed ^ (client << 40), from, until));
    }
    tokio::time::sleep_until(from.into()).await;
    let before = used(target.process);
    tokio::time::sleep_until(until.into()).await;
    let cpu = used(target.process).zip(before).map(|(after, before)| after - before);
    let mut all = Client::default();
    while let Some(client) = tasks.join_next().await {
        let client = client.map_err(told("client"))??;
        all.numbers.extend(client.numbers);
        all.latencies.extend(client.latencies);
        all.failed += client.failed;
    }
    all.numbers.sort_unstable();
    if all.numbers.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(format!("{}: a number was given twice", target.path));
    }
    all.latencies.sort_by(f64::total_cmp);
    let (done, seconds) = (all.latencies.len() as f64, time.as_secs_f64());
    let per_cpu = cpu.filter(|cpu| *cpu > 0.0).map_or(0.0, |cpu| done / cpu);
    Ok(Outcome { rate: done / seconds, per_cpu, latencies: all.latencies, failed: all.failed })
}

#[derive(Default)]
struct Client {
    numbers: Vec<u64>,
    latencies: Vec<f64>,
    failed: u64,
}

async fn add(target: Arc<Target>, seed: u64, from: Instant, until: Instant) -> Result<Client> {
    let mut client = Client::default();
    let mut chance = Chance::new(seed);
    let entry: Vec<u8> = (0..ENTRY).map(|_| chance.number() as u8).collect();
    let mut request = post(target.port, &target.path, "application/octet-stream", &entry);
    let start = request.len() - ENTRY;
    let mut connection = Connection::open(target.port).await?;
    let mut count = 0u64;
    while Instant::now() < until {
        // Each entry is another, which is all that makes them cost what they cost.
        count += 1;
        let mark = [seed.to_be_bytes(), count.to_be_bytes()].concat();
        request.get_mut(start..start + mark.len()).unwrap_or_default().copy_from_slice(&mark);
        let begun = Instant::now();
        let answer = connection.exchange(&request).await?;
        let number =
            std::str::from_utf8(connection.content(&answer)).ok().and_then(|t| t.trim().parse().ok());
        match number.filter(|_| answer.status == 200) {
            Some(number) => client.numbers.push(number),
            None => client.failed += 1,
        }
        let now = Instant::now();
        if number.is_some() && from <= now && now < until {
            client.latencies.push((now - begun).as_secs_f64() * 1e3);
        }
    }
    Ok(client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_when_they_are_whole() {
        let check = |bytes: &str, expect: Option<(u16, &str)>| {
            let answer = understood(bytes.as_bytes()).unwrap();
            let answer = answer.map(|a| (a.status, bytes.get(a.content).unwrap()));
            assert_eq!(answer, expect, "{bytes:?}");
        };
        check("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n17", Some((200, "17")));
        check("HTTP/1.1 429 Too Many\r\nX: y\r\nContent-Length:0\r\n\r\n", Some((429, "")));
        check("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n17", None);
        check("HTTP/1.1 200 OK\r\nContent-Len", None);
        assert!(understood(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(understood(b"SSH-2.0\r\n\r\n").is_err());
    }
}
