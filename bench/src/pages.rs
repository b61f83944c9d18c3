//! The pages of a console as somebody finds them who has signed in: followed from link to link, one kind of
//! page after another, and then read by many at once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::content::Chance;
use crate::http::Connection;
use crate::{Result, told};

/// Where the console begins.
const HOME: &str = "/console";
/// How many kinds of pages are looked for at most.
const KINDS: usize = 80;
/// How many addresses of one kind are kept.
const KEPT: usize = 400;
/// How many pages of one kind are opened to find others.
const OPENED: usize = 6;
/// What is linked to and is no page to read: what it answers is a file, or what it does is recorded.
const NO_PAGES: &[&str] = &["/console/help", "/console/asset", "/console/sign"];

/// Somebody who may read: a session in a console, or a token for the API.
#[derive(Clone, Debug)]
pub struct Session {
    /// The port of the API listener.
    pub port: u16,
    /// The header that says who it is: `Cookie: name=value`, `Authorization: Bearer …`.
    pub header: String,
}

impl Session {
    /// The request for a page, as a browser makes it.
    #[must_use]
    pub fn request(&self, path: &str) -> Vec<u8> {
        format!(
            "GET {path} HTTP/1.1\r\nHost: localhost:{}\r\n{}\r\nAccept-Encoding: gzip\r\n\
             Accept: text/html, application/json;q=0.9\r\nAccept-Language: en\r\n\r\n",
            self.port, self.header
        )
        .into_bytes()
    }

    /// A page as text.
    async fn text(&self, connection: &mut Connection, path: &str) -> Result<Option<String>> {
        let request = String::from_utf8_lossy(&self.request(path)).replace("Accept-Encoding: gzip\r\n", "");
        let answer = connection.exchange(request.as_bytes()).await?;
        let text = String::from_utf8_lossy(connection.content(&answer)).into_owned();
        Ok((answer.status == 200 && text.contains("<html")).then_some(text))
    }
}

/// Addresses by kind of page: `/console/inbox/*`.
pub type Pages = BTreeMap<String, Vec<String>>;

/// Follows links from the home page on.
///
/// # Errors
/// When the console cannot be read, or has no pages.
pub async fn discover(session: &Session) -> Result<Pages> {
    let mut connection = Connection::open(session.port).await?;
    let mut found: Pages = BTreeMap::new();
    let (mut seen, mut opened) = (BTreeSet::new(), BTreeMap::<String, usize>::new());
    let mut open = VecDeque::from([HOME.to_owned()]);
    while let Some(path) = open.pop_front() {
        let times = opened.entry(kind(&path)).or_default();
        *times += 1;
        if *times > OPENED {
            // Not looked at, and of a kind that was: it is a page as well.
            keep(&mut found, path);
            continue;
        }
        let Some(text) = session.text(&mut connection, &path).await? else { continue };
        keep(&mut found, path);
        for link in links(&text) {
            if seen.insert(link.clone()) && opened.len() < KINDS {
                open.push_back(link);
            }
        }
    }
    if found.len() < 2 {
        return Err(format!("{HOME} leads nowhere: is the session good?"));
    }
    Ok(found)
}

fn keep(found: &mut Pages, path: String) {
    let paths = found.entry(kind(&path)).or_default();
    if paths.len() < KEPT {
        paths.push(path);
    }
}

/// The pages of the console that a page links to.
fn links(text: &str) -> Vec<String> {
    let marked = text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let mut all: Vec<String> = marked
        .map(|link| link.split('#').next().unwrap_or_default().replace("&amp;", "&").replace("&#38;", "&"))
        .filter(|link| link.starts_with(HOME) && !NO_PAGES.iter().any(|no| link.starts_with(no)))
        .filter(|link| !link.contains('.') || link.contains("did:"))
        .filter(|link| {
            let path = link.split('?').next().unwrap_or_default();
            !["/content", "/file", "/cose", "/live", "/evidence", "/export", "/csv"]
                .iter()
                .any(|end| path.ends_with(end))
        })
        .collect();
    all.dedup();
    all
}

/// The kind of page that an address is of: what names one thing is `*`, of a query the names count.
#[must_use]
pub fn kind(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let names_something = |part: &str| {
        part.len() > 20
            || part.starts_with("did")
            || (!part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
            || (part.len() == 2 && part.bytes().all(|b| b.is_ascii_uppercase()))
    };
    let mut parts: Vec<&str> =
        path.split('/').map(|part| if names_something(part) { "*" } else { part }).collect();
    // People are called by their names.
    if let ["", "console", "users", name] = parts.as_mut_slice() {
        *name = "*";
    }
    let names: BTreeSet<&str> =
        query.split('&').filter_map(|pair| pair.split('=').next()).filter(|n| !n.is_empty()).collect();
    let query = if names.is_empty() {
        String::new()
    } else {
        format!("?{}", names.into_iter().collect::<Vec<_>>().join("&"))
    };
    format!("{}{query}", parts.join("/"))
}

/// How long a kind of page took, in milliseconds, sorted, and how large it was.
#[derive(Debug, Default)]
pub struct Read {
    /// From request to the last byte.
    pub latencies: Vec<f64>,
    /// Compressed, of the largest.
    pub bytes: usize,
}

/// Readers read pages of all kinds, each the next when the last is there. What was read while it was still
/// warming up does not count.
///
/// # Errors
/// When a page is refused.
pub async fn read(
    sessions: &[Session],
    pages: &Pages,
    warm: Duration,
    time: Duration,
) -> Result<BTreeMap<String, Read>> {
    let pages = Arc::new(pages.clone());
    let (from, until) = (Instant::now() + warm, Instant::now() + warm + time);
    let mut tasks = JoinSet::new();
    for (number, session) in sessions.iter().enumerate() {
        tasks.spawn(reader(session.clone(), pages.clone(), number as u64, from, until));
    }
    let mut all: BTreeMap<String, Read> = BTreeMap::new();
    while let Some(done) = tasks.join_next().await {
        for (kind, more) in done.map_err(told("reader"))?? {
            let read = all.entry(kind).or_default();
            read.latencies.extend(more.latencies);
            read.bytes = read.bytes.max(more.bytes);
        }
    }
    for read in all.values_mut() {
        read.latencies.sort_by(f64::total_cmp);
    }
    Ok(all)
}

async fn reader(
    session: Session,
    pages: Arc<Pages>,
    number: u64,
    from: Instant,
    until: Instant,
) -> Result<BTreeMap<String, Read>> {
    let mut chance = Chance::new(number);
    let mut connection = Connection::open(session.port).await?;
    let mut all: BTreeMap<String, Read> = BTreeMap::new();
    let kinds: Vec<&String> = pages.keys().collect();
    while Instant::now() < until {
        let kind = kinds.get(chance.between(0, kinds.len() as u64 - 1) as usize).copied();
        let Some((kind, paths)) = kind.and_then(|kind| Some((kind, pages.get(kind)?))) else { continue };
        let Some(path) = paths.get(chance.between(0, paths.len() as u64 - 1) as usize) else { continue };
        let begun = Instant::now();
        let answer = connection.exchange(&session.request(path)).await?;
        if answer.status != 200 {
            return Err(format!("{path} was answered with {}", answer.status));
        }
        let now = Instant::now();
        if from <= now && now < until {
            let bytes = connection.content(&answer).len();
            let read = all.entry(kind.clone()).or_default();
            read.latencies.push((now - begun).as_secs_f64() * 1e3);
            read.bytes = read.bytes.max(bytes);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_kind() {
        let check = |path: &str, expect: &str| assert_eq!(kind(path), expect, "{path}");
        check("/console", "/console");
        check("/console/inbox/01a202d1-1410-7277-af3b-57e537a54c6a", "/console/inbox/*");
        check("/console/partners/did:web:a.example", "/console/partners/*");
        check("/console/users/reader7", "/console/users/*");
        check("/console/users/new/account", "/console/users/new/account");
        check("/console/trust/lists/KR/12", "/console/trust/lists/*/*");
        check("/console/inbox?before=1&state=a", "/console/inbox?before&state");
    }

    #[test]
    fn links_of_a_page_are_followed_and_files_left_alone() {
        let text = r##"<a href="/console/acts?a=1&amp;b=2#x">a</a> <a href="/console/help/install">b</a>
            <link href="/console/asset/1.css"> <a href="https://example.org/">c</a> <a href="/console/inbox/1/content">
            <a href="/console/receipts/1/file?act=2">"##;
        assert_eq!(links(text), ["/console/acts?a=1&b=2"]);
    }
}
