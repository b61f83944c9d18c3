//! The desk at work between two nodes: an interchange crosses, is read, answered with CONTRL, and the
//! answer moves the sender's books.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails loudly and says what it left out"
)]
#![allow(clippy::disallowed_methods, reason = "a guide of a test need not be durable")]

mod common;

use std::time::Duration;

use common::{Node, TO_JP, TO_KR, World, acting, answered, book, content, desks, message, small, until};
use corridor_base::Lang;
use corridor_exchange::service::Acting;
use corridor_exchange::{Draft, Scope, Side};
use corridor_trade::books::Interchange;
use corridor_trade::correlate::State;
use corridor_trade::edifact::{Verdict, read_bytes, read_contrl};
use corridor_trade::timeline::{Timeline, timeline};
use corridor_trade::{Library, SAMPLE};

async fn world() -> World {
    desks(Library::default(), false).await
}

#[tokio::test]
async fn a_cargo_report_is_understood_and_accepted() {
    let world = world().await;
    let ours = answered(&world, SAMPLE).await;
    assert_eq!(ours.state, State::Accepted);
    let theirs = book(&world.jp, Side::In, ours.envelope).await.unwrap();
    assert_eq!(theirs.verdict, "accepted");
    assert_eq!(theirs.answer, ours.answer);
    // The content is carried untouched, and the answer is an interchange in its own right.
    assert_eq!(content(&world.jp, Side::In, ours.envelope).await, SAMPLE);
    let contrl = content(&world.kr, Side::In, ours.answer.unwrap()).await;
    let report = read_bytes(&contrl, Default::default());
    assert_eq!(report.verdict(), Verdict::Accepted, "{:?}", report.findings);
    assert!(report.holds_contrl);
    let answer = world.kr.exchange.document(&world.kr.us, Side::In, ours.answer.unwrap()).await.unwrap();
    assert_eq!(answer.answers, Some(ours.envelope));
    assert_eq!(world.kr.acts("interchange-judged").await, 1);
    assert_eq!(world.jp.acts("interchange-answered").await, 1);
}

#[tokio::test]
async fn what_is_wrong_is_refused_with_its_place() {
    let world = world().await;
    let text = String::from_utf8(SAMPLE.to_vec()).unwrap();
    let (head, count) = text.rsplit_once("UNZ+").unwrap();
    let wrong = format!("{head}UNZ+9{}", &count[1..]);
    let ours = answered(&world, wrong.as_bytes()).await;
    assert_eq!(ours.state, State::Rejected);
    let theirs = book(&world.jp, Side::In, ours.envelope).await.unwrap();
    assert_eq!(theirs.verdict, "rejected");
    assert_eq!(theirs.summary["findings"][0]["place"]["tag"], "UNZ", "{}", theirs.summary);
}

/// The same control reference again is error 26; the first interchange stays accepted.
#[tokio::test]
async fn a_reference_used_again_is_refused() {
    let world = world().await;
    let first = answered(&world, SAMPLE).await;
    assert_eq!(first.state, State::Accepted);
    let second = answered(&world, SAMPLE).await;
    assert_eq!(second.state, State::Rejected);
    assert_eq!(book(&world.kr, Side::Out, first.envelope).await.unwrap().state, State::Accepted);
}

/// What nobody can address an answer to is kept, shown as unreadable, and stays unanswered.
#[tokio::test]
async fn garbage_is_kept_and_not_answered() {
    let world = world().await;
    let to = &world.jp.us;
    let id = world.kr.submit(None, to, "edifact", Some(world.agreement), b"not edi at all").await.unwrap();
    until("the desk reads it", async || book(&world.jp, Side::In, id).await.is_some()).await;
    let found = book(&world.jp, Side::In, id).await.unwrap();
    assert_eq!((found.verdict.as_str(), found.answer), ("unreadable", None));
}

/// What the CONTRL says of segments: number, code, element, component.
async fn told(world: &World, ours: &Interchange) -> Vec<(u64, String, u32, u32)> {
    let contrl = content(&world.kr, Side::In, ours.answer.unwrap()).await;
    let contrl = read_contrl(&mut contrl.as_slice()).unwrap().remove(0);
    let mut told = Vec::new();
    for segment in contrl.messages.iter().flat_map(|m| &m.segments) {
        told.extend(segment.code.map(|code| (segment.segment, code.to_string(), 0, 0)));
        told.extend(
            segment.elements.iter().map(|e| (segment.segment, e.code.to_string(), e.element, e.component)),
        );
    }
    told
}

#[tokio::test]
async fn what_breaks_its_directory_is_told_by_segment_and_element() {
    let data = small();
    let world = desks(Library::at(data.path()), false).await;
    let right = "BGM+1+2+3'NAD+X'UNS+S'";
    let ours = answered(&world, &message(TO_JP, "TESTER:D:99Z", "R1", right)).await;
    assert_eq!(ours.state, State::Accepted);
    assert_eq!(book(&world.jp, Side::In, ours.envelope).await.unwrap().summary["checked"], 1);
    let wrong = "BGM+1+12345678901+3'NAD+X'LOC+1+TOOLONG'UNS+S'";
    let ours = answered(&world, &message(TO_JP, "TESTER:D:99Z", "R2", wrong)).await;
    assert_eq!(ours.state, State::Rejected);
    // Element 2 of BGM is too long; so is the first component of element 2 of LOC.
    let expect = [(2, "39".to_owned(), 2, 1), (4, "39".to_owned(), 2, 1)];
    assert_eq!(told(&world, &ours).await, expect);
}

#[tokio::test]
async fn a_guide_holds_for_its_partner_and_from_when_it_is_there() {
    let data = small();
    let world = desks(Library::at(data.path()), false).await;
    let send = async |reference: &str| {
        answered(&world, &message(TO_JP, "TESTER:D:99Z", reference, "BGM+1+2+3'UNS+S'")).await.state
    };
    assert_eq!(send("G1").await, State::Accepted);
    let folder = Library::guides(data.path(), &world.jp.us);
    std::fs::create_dir_all(&folder).unwrap();
    let guide = |partner: &str| {
        let guide = format!(
            r#"{{"guide":"g","directory":"D.99Z","message":"TESTER","partner":"{partner}","rows":{{"SG1":{{"use":"required"}}}}}}"#
        );
        std::fs::write(folder.join("g.json"), guide).unwrap();
    };
    guide("did:web:somebody.example");
    assert_eq!(send("G2").await, State::Accepted);
    guide(world.kr.us.as_str());
    assert_eq!(send("G3").await, State::Rejected);
    // One that cannot be used stops nothing.
    std::fs::write(folder.join("g.json"), "{").unwrap();
    assert_eq!(send("G4").await, State::Accepted);
}

/// With the directory as UNECE published it, where it can be had.
#[tokio::test]
async fn a_cargo_report_is_checked_against_the_real_directory() {
    let folder = std::env::var_os("CORRIDOR_DATA").map_or_else(
        || std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        std::path::PathBuf::from,
    );
    let zip = folder.join("trade/untdid/d08a.zip");
    if !zip.is_file() {
        println!("not run: no d08a.zip (set CORRIDOR_DATA)");
        return;
    }
    let data = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(Library::directories(data.path())).unwrap();
    std::fs::copy(zip, Library::directories(data.path()).join("d08a.zip")).unwrap();
    let world = desks(Library::at(data.path()), false).await;
    let ours = answered(&world, SAMPLE).await;
    assert_eq!(ours.state, State::Accepted);
    let wrong = String::from_utf8(SAMPLE.to_vec()).unwrap();
    let wrong = wrong.replace("CNT+16:3'", "CNT+16:THREE'").replace("261122000042", "261122000043");
    let ours = answered(&world, wrong.as_bytes()).await;
    assert_eq!(ours.state, State::Rejected);
    assert_eq!(told(&world, &ours).await, [(29, "37".to_owned(), 1, 2)]);
}

async fn shown(node: &Node, reference: &str) -> Timeline {
    timeline(&node.exchange, &acting(&node.us), reference, Lang::En).await.unwrap()
}

/// What happened, as `what side kind outcome`, in the order of these words: what comes within a millisecond
/// has no other.
fn happened(timeline: &Timeline) -> Vec<String> {
    let word = |e: &corridor_trade::timeline::Event| {
        let outcome = e.outcome.as_deref().unwrap_or("");
        format!("{} {} {} {outcome}", e.what, e.side.as_str(), e.kinds.join(",")).trim().to_owned()
    };
    let mut all: Vec<String> = timeline.events.iter().map(word).collect();
    all.sort();
    all
}

async fn until_shown(node: &Node, reference: &str, expect: &[&str]) -> Timeline {
    for _ in 0..3000 {
        let found = shown(node, reference).await;
        if happened(&found) == expect {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{:?}", happened(&shown(node, reference).await));
}

/// The customs office answers a declaration; both ends see the same, and the answer of customs does not
/// touch what the CONTRL said.
#[tokio::test]
async fn a_transaction_is_found_by_any_of_its_numbers() {
    transaction(world().await).await;
}

#[tokio::test]
async fn a_transaction_is_found_on_postgresql_too() {
    if std::env::var_os("CORRIDOR_TEST_POSTGRES").is_none() {
        println!("not run: PostgreSQL (CORRIDOR_TEST_POSTGRES is not set)");
        return;
    }
    transaction(desks(Library::default(), true).await).await;
}

async fn transaction(world: World) {
    let declaration = "BGM+929+DECL-2026-7+9'RFF+ON:PO-4711'DOC+705+BL-99017'EQD+CN+HBKU6973955'UNS+D'UNS+S'";
    let declared = answered(&world, &message(TO_JP, "CUSDEC:D:08A", "D1", declaration)).await;
    assert_eq!(declared.state, State::Accepted);
    let response = "BGM+962+RES-1+9+RE'RFF+ACW:DECL-2026-7'ERP+2:1'ERC+E12'FTX+AAO+++NO SUCH HS CODE'";
    let to_kr = message(TO_KR, "CUSRES:D:08A", "C1", response);
    let draft = Draft {
        id: None,
        to: world.kr.us.clone(),
        kind: "edifact".parse().unwrap(),
        agreement: Some(world.agreement),
        name: None,
        answers: None,
        subjects: Vec::new(),
    };
    let content = futures::stream::iter([Ok(bytes::Bytes::from(to_kr))]);
    world.jp.exchange.submit(&world.jp.us, draft, content).await.unwrap();
    // The last is our CONTRL for the answer of customs.
    let expect = [
        "answer in CONTRL accepted",
        "answer in CUSRES rejected",
        "answer out CONTRL accepted",
        "delivered out CUSDEC",
        "sent out CUSDEC",
    ];
    for number in ["DECL-2026-7", "PO-4711", "BL-99017", "HBKU6973955", "RES-1"] {
        let found = until_shown(&world.kr, number, &expect).await;
        let declared = found.documents.iter().find(|d| d.kinds == ["CUSDEC"]).unwrap();
        assert_eq!(
            (declared.syntax.as_deref(), declared.judgement.as_deref()),
            (Some("accepted"), Some("rejected"))
        );
        let refused = found.events.iter().find(|e| e.kinds == ["CUSRES"]).unwrap();
        assert_eq!(refused.lines, ["CUSRES RES-1: refused", "E12: NO SUCH HS CODE — 2 1"]);
    }
    let expect = [
        "answer in CONTRL accepted",
        "answer out CONTRL accepted",
        "answer out CUSRES rejected",
        "received in CUSDEC",
    ];
    until_shown(&world.jp, "PO-4711", &expect).await;
    assert!(shown(&world.kr, "PO-4712").await.documents.is_empty());
    assert_eq!(book(&world.kr, Side::Out, declared.envelope).await.unwrap().state, State::Accepted);
    let acts = async || world.kr.acts("interchange-judged").await;
    assert_eq!(acts().await, 2);
    // A department with another partner sees nothing of it.
    let scope = Scope::of(vec![], vec!["did:web:somebody.example".parse().unwrap()]);
    let acting = Acting { participant: world.kr.us.clone(), reader: "test".to_owned(), scope };
    let none = timeline(&world.kr.exchange, &acting, "PO-4711", Lang::En).await.unwrap();
    assert!(none.documents.is_empty() && none.numbers.is_empty());
}
