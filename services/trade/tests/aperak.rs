//! What a message says is judged apart from how it is written, where the agreement says so: the CONTRL accepts,
//! an APERAK names what is wrong, and nobody answers the answers.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]
#![allow(clippy::disallowed_methods, reason = "a guide of a test need not be durable")]

mod common;

use std::time::Duration;

use common::{TO_JP, World, acting, agreed, answered_under, desks, message, small, until};
use corridor_base::{AgreementId, EnvelopeId, Lang};
use corridor_exchange::{DocumentFilter, Side};
use corridor_proof::Agreement;
use corridor_trade::Library;
use corridor_trade::books::Interchange;
use corridor_trade::correlate::State;
use corridor_trade::timeline::{Timeline, timeline};

struct Judging {
    world: World,
    agreement: AgreementId,
    _data: tempfile::TempDir,
}

/// Both nodes with a small directory, and the Japanese one with a guide for its Korean partner that needs a
/// carrier.
async fn judging(aperak: &[&str], expects: &[&str]) -> Judging {
    let data = small();
    let world = desks(Library::at(data.path()), false).await;
    let guides = Library::guides(data.path(), &world.jp.us);
    std::fs::create_dir_all(&guides).unwrap();
    let guide = r#"{"guide":"carrier","directory":"D.99Z","message":"TESTER",
        "needs":[{"row":"SG1/NAD","element":"1","is":["CA"],"say":"the carrier"}]}"#;
    std::fs::write(guides.join("carrier.json"), guide).unwrap();
    let agreement = agreed(&world, |terms| Agreement {
        aperak: aperak.iter().map(|term| term.parse().unwrap()).collect(),
        expects: expects.iter().map(|term| term.parse().unwrap()).collect(),
        ..terms
    })
    .await;
    Judging { world, agreement, _data: data }
}

impl Judging {
    /// Sends a message with this body; what became of it by its CONTRL.
    async fn send(&self, reference: &str, body: &str) -> Interchange {
        answered_under(&self.world, self.agreement, &message(TO_JP, "TESTER:D:99Z", reference, body)).await
    }

    async fn timeline(&self, number: &str) -> Timeline {
        let kr = &self.world.kr;
        timeline(&kr.exchange, &acting(&kr.us), number, Lang::En).await.unwrap()
    }

    /// How many documents Korea and Japan have received.
    async fn received(&self) -> (usize, usize) {
        let count = async |node: &common::Node| {
            let filter = DocumentFilter { limit: 100, ..DocumentFilter::default() };
            node.exchange.documents(&node.us, Side::In, filter).await.unwrap().len()
        };
        (count(&self.world.kr).await, count(&self.world.jp).await)
    }
}

fn answer(timeline: &Timeline, kind: &str) -> Option<(String, Vec<String>, Option<EnvelopeId>)> {
    let found = timeline.events.iter().find(|e| e.what == "answer" && e.kinds == [kind]);
    found.map(|e| (e.outcome.clone().unwrap_or_default(), e.lines.clone(), e.answered))
}

/// An unknown port, and no carrier.
const WRONG: &str = "BGM+1+DOC-7+3'NAD+X'LOC+1+C'UNS+S'";

#[tokio::test]
async fn what_a_message_says_is_answered_by_aperak() {
    let judging = judging(&["TESTER:codes"], &["TESTER:APERAK:1h"]).await;
    let sent = judging.send("A1", WRONG).await;
    assert_eq!(sent.state, State::Accepted);
    until("APERAK", async || answer(&judging.timeline("DOC-7").await, "APERAK").is_some()).await;
    let timeline = judging.timeline("DOC-7").await;
    let (outcome, lines, answered) = answer(&timeline, "APERAK").unwrap();
    assert_eq!((outcome.as_str(), answered), ("rejected", Some(sent.envelope)));
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(
        lines[1].starts_with("12: ") && lines[1].contains("(LOC)") && lines[1].contains("element 2"),
        "{lines:?}"
    );
    assert!(lines[2].starts_with("13: ") && lines[2].contains("the carrier"), "{lines:?}");
    let entry = timeline.documents.iter().find(|d| d.envelope == sent.envelope).unwrap();
    assert_eq!((entry.syntax.as_deref(), entry.judgement.as_deref()), (Some("accepted"), Some("rejected")));
    assert!(entry.expected.iter().all(|e| e.answered_by.is_some()), "{:?}", entry.expected);
    assert_eq!(judging.world.jp.acts("interchange-objected").await, 1);
    // CONTRL and APERAK came; the APERAK was answered by a CONTRL, and that by nothing.
    until("its CONTRL", async || judging.received().await == (2, 2)).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(judging.received().await, (2, 2));
    assert_eq!(judging.world.kr.acts("interchange-objected").await, 0);
}

#[tokio::test]
async fn unknown_codes_are_told_or_answered_as_was_agreed() {
    let judging = judging(&["TESTER"], &[]).await;
    // An unknown port alone is only a warning here.
    let sent = judging.send("A1", "BGM+1+DOC-1+3'NAD+CA'LOC+1+C'UNS+S'").await;
    assert_eq!(sent.state, State::Accepted);
    // What is wrong in the syntax is CONTRL's, and the message gets no second answer.
    let sent = judging.send("A2", "BGM+1+DOC-2+3'NAD+X'LOC+1+TOOLONG'UNS+S'").await;
    assert_eq!(sent.state, State::Rejected);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(answer(&judging.timeline("DOC-1").await, "APERAK").is_none());
    assert!(answer(&judging.timeline("DOC-2").await, "APERAK").is_none());
    assert_eq!(judging.world.jp.acts("interchange-objected").await, 0);
}

/// Without the term it is as it was: the guide refuses in the CONTRL.
#[tokio::test]
async fn without_the_term_the_guide_refuses() {
    let judging = judging(&[], &[]).await;
    assert_eq!(judging.send("A1", WRONG).await.state, State::Rejected);
    assert_eq!(judging.received().await.0, 1);
}
