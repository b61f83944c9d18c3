//! Files that were dropped to be sent. Handing one in is durable before the file is moved; whatever ends the work
//! between the two, the next round hands in the same document, which changes nothing, and moves the file.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use corridor_base::{Did, Digest, EnvelopeId, ErrorCode, Lang, Problem, Result, Timestamp};
use corridor_exchange::{Draft, Exchange};
use corridor_storage::durable;
use futures::stream;

use super::refusal::{Texts, of_problem, refuse};
use super::{Hub, LARGEST, ROUND, Seen};
use crate::blocking;
use crate::desk::EDIFACT;
use crate::edifact::{Header, Options, Report, read_bytes};

/// How many files below `out` are looked at in one round.
const LISTED: usize = 10_000;

/// A file that stands still.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Dropped {
    path: PathBuf,
    /// Its place below `out`, which its envelope follows from.
    place: String,
    /// The folder below `out` it lies in.
    folder: Option<String>,
    size: u64,
    modified: Option<SystemTime>,
}

impl Dropped {
    fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// What is made of a file before it is handed in.
enum Judged {
    Send { to: Did, content: Vec<u8>, prepared: Option<Timestamp> },
    Refuse(Texts),
}

impl Hub {
    /// Takes what stands still; answers how many files were handed in.
    pub(super) async fn take_dropped(&self, exchange: &Exchange, seen: &mut Seen) -> Result<usize> {
        let out = self.folder().join("out");
        let listed = blocking(move || list(&out)).await?;
        let now = listed.iter().map(|d| (d.path.clone(), (d.size, d.modified))).collect();
        let before = std::mem::replace(&mut seen.0, now);
        let still = |d: &&Dropped| before.get(&d.path) == Some(&(d.size, d.modified));
        let mut taken = 0;
        for dropped in listed.iter().filter(still).take(ROUND) {
            match self.take(exchange, dropped).await {
                Ok(sent) => taken += usize::from(sent),
                // It is tried again in the next round.
                Err(problem) => {
                    let path = dropped.path.display();
                    tracing::warn!(%path, code = %problem.code(), "a file waits: {problem}");
                }
            }
        }
        Ok(taken)
    }

    /// Hands one file in, or refuses it; whether it was handed in.
    async fn take(&self, exchange: &Exchange, dropped: &Dropped) -> Result<bool> {
        let (to, content, prepared) = match self.judge(dropped).await? {
            Judged::Send { to, content, prepared } => (to, content, prepared),
            Judged::Refuse(texts) => return self.refuse(dropped, texts).await.map(|()| false),
        };
        self.probe.after("read")?;
        let id = envelope(self.us(), &dropped.place, &content, prepared);
        let draft = Draft {
            id: Some(id),
            to,
            kind: EDIFACT.parse()?,
            agreement: None,
            name: Some(dropped.name()).filter(|name| name.chars().count() <= 200),
            answers: None,
            subjects: Vec::new(),
        };
        let content = Bytes::from(content);
        match exchange.submit(self.us(), draft, stream::iter([Ok(content)])).await {
            Ok(_) => {}
            // Something passing: a full disk, a log that waits for its witnesses.
            Err(problem) if problem.code().status() >= 500 => return Err(problem),
            Err(problem) => return self.refuse(dropped, of_problem(&problem)).await.map(|()| false),
        }
        self.probe.after("handed in")?;
        let to = self.folder().join("sent").join(format!("{id}-{}", dropped.name()));
        let from = dropped.path.clone();
        blocking(move || durable::rename(&from, &to)).await?;
        self.probe.after("moved")?;
        Ok(true)
    }

    async fn judge(&self, dropped: &Dropped) -> Result<Judged> {
        if dropped.size > LARGEST {
            let problem = Problem::new(ErrorCode::TooLarge)
                .with("what", dropped.name())
                .with("limit", format!("{LARGEST} bytes"));
            return Ok(Judged::Refuse(of_problem(&problem)));
        }
        let file = dropped.clone();
        let (content, report) = blocking(move || {
            let failed = |e| durable::file_problem(&file.path, e);
            let content = std::fs::read(&file.path).map_err(failed)?;
            let now = std::fs::symlink_metadata(&file.path).map_err(failed)?;
            // Somebody goes on writing it after all.
            if content.len() as u64 != file.size || facts(&now) != (file.size, file.modified) {
                return Err(Problem::new(ErrorCode::StorageConflict));
            }
            let report = read_bytes(&content, Options::default());
            Ok((content, report))
        })
        .await?;
        if report.header.is_none() {
            return Ok(Judged::Refuse(wrong(&report)));
        }
        let to = match self.partner(dropped, &report) {
            Ok(to) => to,
            Err(texts) => return Ok(Judged::Refuse(texts)),
        };
        // By the reading that follows from the file alone: what was agreed with the partner may change between two
        // drops of one file, its number may not.
        let prepared = report.header.as_ref().and_then(Header::prepared);
        let (content, report) = self.read(&to, content, report).await?;
        Ok(match report.interchange_error() {
            Some(_) => Judged::Refuse(wrong(&report)),
            None => Judged::Send { to, content, prepared },
        })
    }

    /// The report of a file in the characters agreed on with its partner, who is known now.
    async fn read(&self, to: &Did, content: Vec<u8>, before: Report) -> Result<(Vec<u8>, Report)> {
        let options = self.library.shelf_for(&self.us, to).await?.options();
        if options.characters.is_none() {
            return Ok((content, before));
        }
        blocking(move || {
            let report = read_bytes(&content, options);
            Ok((content, report))
        })
        .await
    }

    /// To whom: the folder says it, or the recipient in UNB.
    fn partner(&self, dropped: &Dropped, report: &Report) -> std::result::Result<Did, Texts> {
        let recipient = report.header.as_ref().map(|h| h.recipient.id.text()).unwrap_or_default();
        let named = dropped.folder.as_deref().unwrap_or(recipient);
        let found = self.partners.iter().find(|(name, _)| name == named);
        found.map(|(_, did)| did.clone()).ok_or_else(|| {
            let text = |lang| crate::messages().text(lang, "hub-nobody", &[("recipient", named)]);
            Lang::ALL.iter().map(|lang| (*lang, text(*lang))).collect()
        })
    }

    async fn refuse(&self, dropped: &Dropped, texts: Texts) -> Result<()> {
        let (folder, path, name) = (self.folder().join("refused"), dropped.path.clone(), dropped.name());
        let probe = self.probe.clone();
        blocking(move || refuse(&folder, &path, &name, &texts, &*probe)).await
    }
}

/// What is wrong with an interchange that cannot be sent.
fn wrong(report: &Report) -> Texts {
    let text = |lang: Lang| match report.problem(lang).filter(|_| report.header.is_some()) {
        Some(problem) => problem.text(lang).detail,
        None => crate::messages().text(lang, "hub-no-interchange", &[]),
    };
    Lang::ALL.iter().map(|lang| (*lang, text(*lang))).collect()
}

/// The envelope of a file follows from its place and what is in it. It begins with the minute in which the interchange
/// says it was prepared: a file has no time that stays when it is dropped again, and what is without order costs a page
/// of every index for each document (docs/decisions/014). Where in the minute follows from the digest, so that what
/// is made of the beginning (the references of answers) differs as much for a sender that names one time for all.
fn envelope(us: &Did, place: &str, content: &[u8], prepared: Option<Timestamp>) -> EnvelopeId {
    let digest = Digest::of(content);
    let digest = Digest::of(format!("corridor/hub\n{us}\n{place}\n{digest}").as_bytes());
    let [.., a, b, c, d] = digest.0;
    let within = Duration::from_millis(u64::from(u32::from_be_bytes([a, b, c, d]) % 60_000));
    prepared.map_or_else(|| EnvelopeId::derived(&digest), |at| EnvelopeId::at(at.plus(within), &digest))
}

fn facts(metadata: &Metadata) -> (u64, Option<SystemTime>) {
    (metadata.len(), metadata.modified().ok())
}

/// Whether a name is of something that is still being written, or not meant for us.
fn is_passed_over(name: &str) -> bool {
    name.starts_with('.') || name.to_ascii_lowercase().ends_with(".part") || name.ends_with('~')
}

/// The files below `out`, there and one folder deeper, in the order of their places.
fn list(out: &Path) -> Result<Vec<Dropped>> {
    let mut found = Vec::new();
    list_one(out, None, &mut found)?;
    found.sort_by(|a, b| a.place.cmp(&b.place));
    Ok(found)
}

fn list_one(folder: &Path, below: Option<&str>, found: &mut Vec<Dropped>) -> Result<()> {
    let failed = |e| durable::file_problem(folder, e);
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        // A name that is no text could not stand in the books.
        let Ok(name) = entry.file_name().into_string() else { continue };
        if is_passed_over(&name) || found.len() >= LISTED {
            continue;
        }
        // Links are not followed: they lead out of the folder.
        let Ok(metadata) = std::fs::symlink_metadata(entry.path()) else { continue };
        if metadata.is_dir() && below.is_none() {
            list_one(&entry.path(), Some(&name), found)?;
        } else if metadata.is_file() {
            let place = below.map_or_else(|| name.clone(), |below| format!("{below}/{name}"));
            let (size, modified) = facts(&metadata);
            found.push(Dropped {
                path: entry.path(),
                place,
                folder: below.map(str::to_owned),
                size,
                modified,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn files_that_are_being_written_are_not_looked_at() {
        for name in [".x.edi", "x.part", "x.edi.PART", "x.edi~", ".corridor-doctor"] {
            assert!(is_passed_over(name), "{name}");
        }
        for name in ["x.edi", "part", "x.part.edi"] {
            assert!(!is_passed_over(name), "{name}");
        }
    }

    #[test]
    fn an_envelope_follows_from_place_and_content() {
        let us: Did = "did:web:a.example".parse().unwrap();
        for at in [None, Timestamp::parse("2026-11-22T09:15:00.000Z").ok()] {
            let first = envelope(&us, "a.edi", b"x", at);
            assert_eq!(first, envelope(&us, "a.edi", b"x", at));
            assert_ne!(first, envelope(&us, "b.edi", b"x", at));
            assert_ne!(first, envelope(&us, "a.edi", b"y", at));
            assert_ne!(first, envelope(&"did:web:b.example".parse().unwrap(), "a.edi", b"x", at));
        }
    }

    #[test]
    fn what_was_prepared_later_stands_later() {
        let us: Did = "did:web:a.example".parse().unwrap();
        let dropped = |date: &str, number: u32| {
            let content = format!("UNB+UNOC:3+A+B+{date}+R{number}'UNZ+0+R{number}'");
            let report = read_bytes(content.as_bytes(), Options::default());
            envelope(&us, "a.edi", content.as_bytes(), report.header.unwrap().prepared())
        };
        let minutes = (0..200).map(|n| (format!("2611{:02}:{:02}{:02}", 1 + n / 60, n / 60, n % 60), n));
        let made: Vec<EnvelopeId> = minutes.map(|(date, n)| dropped(&date, n)).collect();
        assert!(made.is_sorted(), "{made:?}");

        // Of one minute they lie all over it, and nowhere else.
        let made: BTreeSet<u64> = (0..200).map(|n| dropped("261101:0000", n).millis()).collect();
        let (first, last) = (*made.first().unwrap(), *made.last().unwrap());
        let minute = u64::try_from(Timestamp::parse("2026-11-01T00:00:00.000Z").unwrap().millis()).unwrap();
        assert!(minute <= first && last < minute + 60_000, "{minute} {first} {last}");
        assert!(made.len() > 190 && last - first > 50_000, "{} of 200, {first} to {last}", made.len());
    }
}
