//! Holds the books of both nodes against what the clients were told.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use corridor_base::Digest;
use serde_json::Value;

use super::Report;
use super::load::Safe;
use crate::Result;
use crate::api::{Act, Document};
use crate::content;
use crate::world::World;

/// Holds the books of both nodes against what the clients were told.
///
/// # Errors
/// When a node does not answer.
pub(super) async fn check(world: &World, safe: &[Safe], report: &mut Report) -> Result {
    report.count(safe);
    let books = rows(world, safe, report).await?;
    let acts = [
        (occurrences(&world.kr.api.acts().await?, "document-submitted"), "act document-submitted"),
        (occurrences(&world.kr.api.acts().await?, "document-acknowledged"), "act document-acknowledged"),
        (occurrences(&world.jp.api.acts().await?, "document-received"), "act document-received"),
    ];
    for one in safe {
        for (counts, what) in &acts {
            report.once(what, &one.id, counts.get(&one.id).copied().unwrap_or(0));
        }
    }
    strangers(safe, &books, &acts, report);
    contents(world, safe, report).await?;
    orphans(world, report)
}

/// Every document stands once in either book, delivered and received; what the books hold.
pub(super) async fn rows(world: &World, safe: &[Safe], report: &mut Report) -> Result<[Vec<Document>; 2]> {
    let books = [world.kr.api.documents("outbox", None).await?, world.jp.api.documents("inbox", None).await?];
    for (book, (state, name)) in books.iter().zip([("delivered", "outbox"), ("received", "inbox")]) {
        let rows = by_id(book);
        for one in safe {
            let digest = Digest::of(&content::small(one.number, usize::try_from(one.size).unwrap_or(0)));
            let found = rows.get(one.id.as_str()).map_or(&[][..], Vec::as_slice);
            report.once(&format!("row in the {name}"), &one.id, found.len() as u64);
            for row in found.iter().filter(|row| row.state != state || row.sha256 != digest) {
                report.lose(format!("{}: {} with {} in the {name}", one.id, row.state, row.sha256));
            }
        }
    }
    Ok(books)
}

fn by_id(rows: &[Document]) -> HashMap<&str, Vec<&Document>> {
    let mut all: HashMap<&str, Vec<&Document>> = HashMap::new();
    for row in rows {
        all.entry(&row.id).or_default().push(row);
    }
    all
}

/// How often each envelope has an act of this kind.
fn occurrences(acts: &[Act], kind: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for act in acts.iter().filter(|a| a.kind == kind) {
        *counts.entry(act.fields.get("envelope").cloned().unwrap_or_default()).or_default() += 1;
    }
    counts
}

/// Whatever the books hold that no client handed in happened once too often.
fn strangers(
    safe: &[Safe],
    books: &[Vec<Document>; 2],
    acts: &[(BTreeMap<String, u64>, &str)],
    report: &mut Report,
) {
    let known: BTreeSet<&str> = safe.iter().map(|s| s.id.as_str()).collect();
    let rows = books.iter().flatten().map(|row| row.id.as_str());
    let acts = acts.iter().flat_map(|(counts, _)| counts.keys().map(String::as_str));
    let strangers: BTreeSet<&str> = rows.chain(acts).filter(|id| !known.contains(id)).collect();
    for id in strangers {
        report.duplicated += 1;
        report.fault(format!("{id}: in the books, and nobody handed it in"));
    }
}

/// Reads every content back, and every acknowledgement.
pub(super) async fn contents(world: &World, safe: &[Safe], report: &mut Report) -> Result {
    for one in safe {
        let expect = Digest::of(&content::small(one.number, usize::try_from(one.size).unwrap_or(0)));
        match world.jp.api.content_digest(&one.id).await {
            Ok(found) if found == expect => {}
            Ok(found) => report.lose(format!("{}: content {found}, not {expect}", one.id)),
            Err(why) => report.lose(format!("{}: its content cannot be read: {why}", one.id)),
        }
        let detail: Value = world.kr.api.get(&format!("api/v1/outbox/{}", one.id)).await?;
        let note = detail.get("acknowledgement").and_then(Value::as_str).unwrap_or_default();
        if !note.contains(&one.id) {
            report.lose(format!("{}: delivered without an acknowledgement", one.id));
        }
    }
    Ok(())
}

/// Every content that does not lie in its row is one file on either side, and no upload is open.
fn orphans(world: &World, report: &mut Report) -> Result {
    for country in [&world.kr, &world.jp] {
        let (staged, blobs) = (country.staging()?, country.blobs()?.len() as u64);
        for path in &staged {
            report.orphans += 1;
            report.fault(format!("{}: an upload that nobody goes on with", path.display()));
        }
        if blobs != report.in_pieces {
            report.orphans += blobs.abs_diff(report.in_pieces);
            report.fault(format!("{}: {blobs} contents for {} documents", country.did, report.in_pieces));
        }
    }
    Ok(())
}
