//! The customs desk at work between two nodes: a declaration becomes a case, rules are hit, decisions go back as
//! CUSRES, and what customs decided never touches what the transport or a CONTRL said.
#![allow(clippy::disallowed_methods, reason = "a guide of a test need not be durable")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails loudly and says what it left out"
)]

#[path = "../../../ground/exchange/tests/common/mod.rs"]
mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{Node, Setup, World, content, on_both};
use corridor_base::{EnvelopeId, ErrorCode, Lang, OsRandom, SystemClock};
use corridor_exchange::service::Acting;
use corridor_exchange::{Draft, Scope, Side};
use corridor_trade::books;
use corridor_trade::customs::edge::{QueueQuery, ShownCase, one, queue};
use corridor_trade::customs::risk::{Rule, books as rules, trial};
use corridor_trade::customs::statistics::{Counts, statistics};
use corridor_trade::customs::{Case, CaseId, Decision, Lane, State, Wanted, decide, find};
use corridor_trade::edifact::response::read_responses;
use corridor_trade::timeline::timeline;
use corridor_trade::{Desk, Library, SAMPLE, SCHEMA};

async fn world(postgres: bool) -> World {
    world_with(library(), postgres).await
}

async fn world_with(library: Arc<Library>, postgres: bool) -> World {
    let desk = Arc::new(Desk::new(Arc::new(SystemClock), Arc::new(OsRandom), library));
    let mut world =
        World::with(Setup { services: vec![desk], schemas: vec![&SCHEMA], postgres, ..Setup::default() })
            .await;
    world.kr.dispatch();
    world.jp.dispatch();
    world
}

/// No directory, no guide.
fn library() -> Arc<Library> {
    Arc::default()
}

fn acting(node: &Node) -> Acting {
    Acting { participant: node.us.clone(), reader: "officer".to_owned(), scope: Scope::default() }
}

/// A declaration of two items, in an interchange of its own.
fn declaration(reference: &str, number: &str, change: impl Fn(String) -> String) -> Vec<u8> {
    let body = format!(
        "BGM+929+{number}+9'LOC+22+JPHKT:139:6'LOC+35+KR:162:5'MEA+WT+G+KGM:1200.5'DOC+705+BL-{number}'\
         NAD+IM+JP0001++O?'HARA SHOJI K.K.'UNS+D'CST+1+360410:117'FTX+AAA+++FIREWORKS'LOC+27+CN:162:5'\
         CST+2+848210:117'LOC+27+KR:162:5'UNS+S'CNT+5:2'"
    );
    let body = change(body);
    let count = body.replace("?'", "").matches('\'').count() + 2;
    format!(
        "UNB+UNOC:3+BROKER:ZZ+JPCUSTOMS:ZZ+261122:0915+{reference}'UNH+1+CUSDEC:D:08A:UN'{body}\
         UNT+{count}+1'UNZ+1+{reference}'"
    )
    .into_bytes()
}

fn same(body: String) -> String {
    body
}

async fn case(node: &Node, envelope: EnvelopeId) -> Option<Case> {
    let id = CaseId { envelope, message: 1 };
    node.exchange.store().read(&node.us, move |tx| find(tx, id)).await.unwrap()
}

/// Sends a declaration and waits until it is a case at customs.
async fn declared(world: &World, edi: &[u8]) -> Case {
    let to = &world.jp.us;
    let id = world.kr.submit(None, to, "edifact", Some(world.agreement), edi).await.unwrap();
    for _ in 0..3000 {
        let read =
            world.jp.exchange.store().read(&world.jp.us, move |tx| books::find(tx, Side::In, id)).await;
        if read.unwrap().is_some() {
            return case(&world.jp, id).await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{id} did not become a case");
}

fn wanted(decision: Decision, reason: &str) -> Wanted {
    Wanted { decision, reason: reason.to_owned(), code: None, field: None, seen: None }
}

async fn decided(world: &World, case: &Case, wanted: Wanted) -> Result<Case, ErrorCode> {
    decide(&world.jp.exchange, &library(), &acting(&world.jp), case.id, wanted)
        .await
        .map_err(|problem| problem.code())
}

async fn shown(world: &World, case: &Case) -> ShownCase {
    one(&world.jp.exchange, &library(), &acting(&world.jp), case.id).await.unwrap()
}

/// What the sender sees customs say, in order, once there are so many.
async fn told(world: &World, number: &str, count: usize) -> Vec<(String, Vec<String>)> {
    for _ in 0..3000 {
        let found = timeline(&world.kr.exchange, &acting(&world.kr), number, Lang::En).await.unwrap();
        let of_customs = found.events.iter().filter(|e| e.kinds == ["CUSRES"]);
        let told: Vec<_> =
            of_customs.map(|e| (e.outcome.clone().unwrap_or_default(), e.lines.clone())).collect();
        if told.len() >= count {
            let declared = found.documents.iter().find(|d| d.kinds == ["CUSDEC"]).unwrap();
            assert_eq!(declared.syntax.as_deref(), Some("accepted"), "CONTRL says what it said");
            return told;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("customs did not say {count} things of {number}");
}

async fn rule(node: &Node, json: &str, on: bool) {
    let rules = Rule::parse_all(json.as_bytes()).unwrap();
    let names: Vec<String> = rules.iter().map(|rule| rule.rule.clone()).collect();
    rules::add(&node.exchange, &acting(node), rules).await.unwrap();
    for name in names.iter().filter(|_| on) {
        rules::switch(&node.exchange, &acting(node), name, true).await.unwrap();
    }
}

on_both!(
    a_declaration_is_held_and_then_released,
    decisions_that_cross_together_stand_in_their_order,
    a_refusal_names_segment_and_field_and_is_amended,
    only_a_green_channel_that_is_on_releases_by_itself,
    a_rule_is_tried_on_the_past_before_it_is_on,
    rules_have_versions_and_the_same_rule_twice_is_one,
    the_queue_holds_what_could_be_read,
    two_at_once_are_one_decision,
    a_case_about_a_person_is_sealed_and_erased,
);

const TITLE: &str = r#""title":{"en":"T","ja":"題","ko":"제목"}"#;

fn fireworks() -> String {
    format!(
        r#"{{"rule":"fireworks","messages":["CUSDEC"],"action":"inspect",{TITLE},
            "when":[{{"field":"items.hs","prefix":["3604"]}},{{"field":"items.origin","equals":"CN"}}]}}"#
    )
}

fn newcomer() -> String {
    format!(
        r#"{{"rule":"newcomer","messages":["CUSDEC"],"action":"note",{TITLE},
            "when":[{{"field":"importer_id","first_time":true}}]}}"#
    )
}

fn green() -> String {
    format!(r#"{{"rule":"green","messages":["CUSDEC"],"action":"release",{TITLE}}}"#)
}

async fn a_declaration_is_held_and_then_released(world: World) {
    rule(&world.jp, &format!("[{},{}]", fireworks(), newcomer()), true).await;
    let first = declared(&world, &declaration("D1", "DECL-1", same)).await;
    assert_eq!((first.state, first.lane, first.decisions), (State::Waiting, Lane::Inspect, 0));
    assert_eq!((first.number.as_str(), first.port.as_str()), ("DECL-1", "JPHKT"));
    assert_eq!(first.party, "O'HARA SHOJI K.K.");
    let seen = shown(&world, &first).await;
    let hits: Vec<&str> = seen.hits.iter().map(|hit| hit.rule.as_str()).collect();
    assert_eq!(hits, ["fireworks", "newcomer"]);
    assert!(seen.fields.iter().any(|f| f.field == "items.2.hs" && f.value == "848210"), "{:?}", seen.fields);
    // The rules have decided nothing.
    assert_eq!(world.jp.acts("customs-decided").await, 0);
    let held = decided(&world, &first, wanted(Decision::Hold, "licence missing")).await.unwrap();
    assert_eq!((held.state, held.decisions), (State::Held, 1));
    // The same again, word for word, is the same decision; another hold is none.
    assert_eq!(
        decided(&world, &first, wanted(Decision::Hold, "licence missing")).await.unwrap().decisions,
        1
    );
    let again = decided(&world, &first, wanted(Decision::Hold, "another reason")).await;
    assert_eq!(again.unwrap_err(), ErrorCode::DecisionRefused);
    // One who has not seen the hold does not release over it.
    let blind = Wanted { seen: Some(0), ..wanted(Decision::Release, "") };
    assert_eq!(decided(&world, &first, blind).await.unwrap_err(), ErrorCode::DecisionRefused);
    let released = decided(&world, &first, wanted(Decision::Release, "")).await.unwrap();
    assert_eq!((released.state, released.decisions), (State::Released, 2));
    let late = decided(&world, &first, wanted(Decision::Reject, "too late")).await;
    assert_eq!(late.unwrap_err(), ErrorCode::DecisionRefused);
    let told = told(&world, "DECL-1", 2).await;
    let outcomes: Vec<&str> = told.iter().map(|(outcome, _)| outcome.as_str()).collect();
    assert_eq!(outcomes, ["held", "released"]);
    assert!(told[0].1.iter().any(|line| line == "licence missing"), "{told:?}");
    assert_eq!(world.jp.acts("customs-decided").await, 2);
    let history: Vec<Decision> = shown(&world, &first).await.decisions.iter().map(|d| d.decision).collect();
    assert_eq!(history, [Decision::Hold, Decision::Release]);
    // The second time the importer is known.
    let second = declared(&world, &declaration("D2", "DECL-2", same)).await;
    let hits: Vec<String> = shown(&world, &second).await.hits.into_iter().map(|hit| hit.rule).collect();
    assert_eq!(hits, ["fireworks"]);
    counted(&world).await;
}

/// A link that was down brings both decisions of each case in one request, in which they have no order.
async fn decisions_that_cross_together_stand_in_their_order(mut world: World) {
    let numbers: Vec<String> = (1..=6).map(|n| format!("DECL-{n}")).collect();
    let mut cases = Vec::new();
    for number in &numbers {
        cases.push(declared(&world, &declaration(number, number, same)).await);
        answered(&world, number).await;
    }
    world.kr.hang_up().await;
    for case in &cases {
        decided(&world, case, wanted(Decision::Hold, "licence missing")).await.unwrap();
        decided(&world, case, wanted(Decision::Release, "")).await.unwrap();
    }
    world.kr.listen().await;
    for (number, case) in numbers.iter().zip(&cases) {
        let outcomes: Vec<String> = told(&world, number, 2).await.into_iter().map(|(said, _)| said).collect();
        assert_eq!(outcomes, ["held", "released"], "{number}");
        let found = timeline(&world.kr.exchange, &acting(&world.kr), number, Lang::En).await.unwrap();
        let declared = found.documents.iter().find(|d| d.kinds == ["CUSDEC"]).unwrap();
        assert_eq!(declared.judgement.as_deref(), Some("released"), "{number}");
        let answers = world.kr.exchange.answers(&world.kr.us, Side::In, case.envelope).await.unwrap();
        let decisions: Vec<EnvelopeId> =
            shown(&world, case).await.decisions.iter().map(|d| d.answer).collect();
        let crossed: Vec<EnvelopeId> =
            answers.iter().map(|a| a.id).filter(|id| decisions.contains(id)).collect();
        assert_eq!(crossed, decisions, "{number}");
    }
}

/// Waits until a declaration has its CONTRL.
async fn answered(world: &World, number: &str) {
    for _ in 0..3000 {
        let found = timeline(&world.kr.exchange, &acting(&world.kr), number, Lang::En).await.unwrap();
        if found.documents.iter().any(|d| d.syntax.is_some()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{number} stays without a CONTRL");
}

async fn counted(world: &World) {
    let all = statistics(&world.jp.exchange, &acting(&world.jp), 3).await.unwrap();
    let of = |name: &str| all.iter().find(|of| of.rule == name).unwrap();
    let fireworks = of("fireworks");
    let expect = Counts { seen: 2, hits: 2, waiting: 1, released: 1, ..Counts::default() };
    assert_eq!((&fireworks.total, fireworks.version, fireworks.months.len()), (&expect, 1, 3));
    assert_eq!(of("newcomer").total, Counts { seen: 2, hits: 1, released: 1, ..Counts::default() });
    // A test is judged like any other, and counted nowhere.
    let test = String::from_utf8(declaration("D3", "DECL-3", same)).unwrap();
    let test = test.replace("+D3'UNH", "+D3++++++1'UNH");
    let case = declared(world, test.as_bytes()).await;
    assert!(case.test && case.lane == Lane::Inspect);
    let again = statistics(&world.jp.exchange, &acting(&world.jp), 3).await.unwrap();
    assert_eq!(again.iter().find(|of| of.rule == "fireworks").unwrap().total, expect);
    decided(world, &case, wanted(Decision::Release, "")).await.unwrap();
    let answer = shown(world, &case).await.decisions[0].answer;
    let answer = content(&world.jp, Side::Out, answer).await;
    assert!(String::from_utf8(answer).unwrap().contains("++++++1'UNH"), "the answer is a test as well");
}

async fn a_refusal_names_segment_and_field_and_is_amended(world: World) {
    let first = declared(&world, &declaration("D1", "DECL-1", same)).await;
    let wrong = Wanted {
        code: Some("E12".to_owned()),
        field: Some("items.2.hs".to_owned()),
        ..wanted(Decision::Reject, "no such heading")
    };
    let nowhere = Wanted { field: Some("items.3.hs".to_owned()), ..wrong.clone() };
    assert_eq!(decided(&world, &first, nowhere).await.unwrap_err(), ErrorCode::Malformed);
    for odd in [wanted(Decision::Reject, " "), Wanted { code: Some("?".to_owned()), ..wrong.clone() }] {
        assert_eq!(decided(&world, &first, odd).await.unwrap_err(), ErrorCode::Malformed);
    }
    let refused = decided(&world, &first, wrong).await.unwrap();
    assert_eq!(refused.state, State::Rejected);
    let answer = shown(&world, &first).await.decisions.remove(0);
    assert_eq!((answer.segment.as_str(), answer.field.as_str()), ("CST 12", "items.2.hs"));
    let told = told(&world, "DECL-1", 1).await;
    assert_eq!(told[0].0, "rejected");
    assert_eq!(told[0].1[1], "E12: no such heading — HS code of item 2, segment CST 12");
    let edi = content(&world.kr, Side::In, answer.answer).await;
    let response = read_responses(&mut edi.as_slice()).unwrap().remove(0);
    assert_eq!(response.errors[0].code.text(), "E12");
    // The correction takes its place; one that was still waiting would have been replaced.
    let replacement = |body: String| body.replace("+DECL-1+9'", "+DECL-1+5'").replace("848210", "848220");
    let second = declared(&world, &declaration("D2", "DECL-1", replacement)).await;
    assert_eq!((second.state, second.function.as_str()), (State::Waiting, "replacement"));
    assert_eq!(case(&world.jp, first.envelope).await.unwrap().state, State::Rejected);
    let third = declared(&world, &declaration("D3", "DECL-1", replacement)).await;
    assert_eq!(case(&world.jp, second.envelope).await.unwrap().state, State::Replaced);
    let cancelled = |body: String| body.replace("+DECL-1+9'", "+DECL-1+1'");
    let fourth = declared(&world, &declaration("D4", "DECL-1", cancelled)).await;
    for gone in [&third, &fourth] {
        assert_eq!(case(&world.jp, gone.envelope).await.unwrap().state, State::Cancelled);
    }
    let late = decided(&world, &third, wanted(Decision::Release, "")).await;
    assert_eq!(late.unwrap_err(), ErrorCode::DecisionRefused);
}

async fn only_a_green_channel_that_is_on_releases_by_itself(world: World) {
    rule(&world.jp, &format!("[{},{}]", fireworks(), green()), false).await;
    let off = declared(&world, &declaration("D1", "DECL-1", same)).await;
    assert_eq!((off.state, off.lane), (State::Waiting, Lane::Clear));
    rules::switch(&world.jp.exchange, &acting(&world.jp), "green", true).await.unwrap();
    let passed = declared(&world, &declaration("D2", "DECL-2", same)).await;
    assert_eq!(passed.state, State::Released);
    let decisions = shown(&world, &passed).await.decisions;
    assert_eq!((decisions.len(), decisions[0].by.as_str()), (1, "rule:green v1"));
    assert_eq!(told(&world, "DECL-2", 1).await[0].0, "released");
    rules::switch(&world.jp.exchange, &acting(&world.jp), "fireworks", true).await.unwrap();
    let stopped = declared(&world, &declaration("D3", "DECL-3", same)).await;
    assert_eq!((stopped.state, stopped.lane), (State::Waiting, Lane::Inspect));
    assert_eq!(world.jp.acts("risk-rule-changed").await, 4);
}

async fn a_rule_is_tried_on_the_past_before_it_is_on(world: World) {
    let first = declared(&world, &declaration("D1", "DECL-1", same)).await;
    decided(&world, &first, wanted(Decision::Release, "")).await.unwrap();
    let harmless = |body: String| body.replace("360410", "950300");
    declared(&world, &declaration("D2", "DECL-2", harmless)).await;
    let rules = Rule::parse_all(format!("[{},{}]", fireworks(), newcomer()).as_bytes()).unwrap();
    let tried =
        trial::attempt(&world.jp.exchange, &library(), &acting(&world.jp), &rules, 100).await.unwrap();
    let numbers: Vec<_> = tried.iter().map(|t| (t.seen, t.hits, t.released, t.stopped)).collect();
    // The importer was new the first time alone.
    assert_eq!(numbers, [(2, 1, 1, 0), (2, 1, 1, 0)]);
    assert_eq!(tried[0].cases[0].id, first.id);
    assert!(rules::all(&world.jp.exchange, &acting(&world.jp)).await.unwrap().is_empty(), "nothing is kept");
}

async fn rules_have_versions_and_the_same_rule_twice_is_one(world: World) {
    rule(&world.jp, &fireworks(), true).await;
    rule(&world.jp, &fireworks(), false).await;
    let kept = async || rules::all(&world.jp.exchange, &acting(&world.jp)).await.unwrap();
    let versions = |kept: &[rules::Kept]| kept.iter().map(|k| (k.version, k.on)).collect::<Vec<_>>();
    assert_eq!(versions(&kept().await), [(1, Some(1))]);
    rule(&world.jp, &fireworks().replace("3604", "9303"), false).await;
    assert_eq!(versions(&kept().await), [(2, Some(1))], "the new version is off");
    rules::switch(&world.jp.exchange, &acting(&world.jp), "fireworks", true).await.unwrap();
    assert_eq!(versions(&kept().await), [(2, Some(2))]);
    let all = rules::one(&world.jp.exchange, &acting(&world.jp), "fireworks").await.unwrap();
    assert_eq!(versions(&all), [(2, Some(2)), (1, None)]);
    let missing = rules::switch(&world.jp.exchange, &acting(&world.jp), "nothing", true).await.unwrap_err();
    assert_eq!(missing.code(), ErrorCode::NotFound);
}

/// What could not be read is no case; a cargo report is one, and the queue narrows.
async fn the_queue_holds_what_could_be_read(world: World) {
    let report = declared(&world, SAMPLE).await;
    assert_eq!((report.kind.as_str(), report.port.as_str()), ("CUSCAR", "JPHKT"));
    let declaration = declared(&world, &declaration("D1", "DECL-1", same)).await;
    let wrong = String::from_utf8(self::declaration("D2", "DECL-2", same)).unwrap().replace("UNZ+1", "UNZ+9");
    let to = &world.jp.us;
    let id = world.kr.submit(None, to, "edifact", Some(world.agreement), wrong.as_bytes()).await.unwrap();
    world.jp.reaches(Side::In, id, |_| true).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let listed = async |query: QueueQuery, scope: Scope| {
        let acting = Acting { scope, ..acting(&world.jp) };
        let page = queue(&world.jp.exchange, &acting, &query).await.unwrap();
        (page.items.iter().map(|case| case.id).collect::<Vec<_>>(), page.next)
    };
    let some = |text: &str| Some(text.to_owned());
    let all = listed(QueueQuery::default(), Scope::default()).await;
    assert_eq!(all, (vec![declaration.id, report.id], None));
    let (first, next) =
        listed(QueueQuery { limit: Some(1), ..QueueQuery::default() }, Scope::default()).await;
    assert_eq!((first, next.clone()), (vec![declaration.id], Some(declaration.id.to_string())));
    let second = listed(QueueQuery { before: next, ..QueueQuery::default() }, Scope::default()).await;
    assert_eq!(second.0, [report.id]);
    decided(&world, &report, wanted(Decision::Inspect, "開披検査")).await.unwrap();
    for (query, expect) in [
        (QueueQuery { state: some("inspection"), ..QueueQuery::default() }, vec![report.id]),
        (QueueQuery { state: some("waiting"), ..QueueQuery::default() }, vec![declaration.id]),
        (QueueQuery { risk: some("inspect"), ..QueueQuery::default() }, vec![]),
        (QueueQuery { port: some("JPHKT"), ..QueueQuery::default() }, vec![declaration.id, report.id]),
        (QueueQuery { port: some("JPOSA"), ..QueueQuery::default() }, vec![]),
        (
            QueueQuery { partner: some(world.kr.us.as_str()), ..QueueQuery::default() },
            vec![declaration.id, report.id],
        ),
    ] {
        let found = listed(query, Scope::default()).await;
        assert_eq!(found.0, expect);
    }
    // A department with another partner sees nothing of it, and cannot decide on it.
    let other = Scope::of(vec![], vec!["did:web:somebody.example".parse().unwrap()]);
    assert!(listed(QueueQuery::default(), other.clone()).await.0.is_empty());
    let stranger = Acting { scope: other, ..acting(&world.jp) };
    let problem =
        decide(&world.jp.exchange, &library(), &stranger, declaration.id, wanted(Decision::Release, ""))
            .await;
    assert_eq!(problem.unwrap_err().code(), ErrorCode::NotFound);
    assert!(one(&world.jp.exchange, &library(), &stranger, declaration.id).await.is_err());
}

/// Of two who decide at once one is first, and only that is told.
async fn two_at_once_are_one_decision(world: World) {
    let case = declared(&world, &declaration("D1", "DECL-1", same)).await;
    let (one, two) = tokio::join!(
        decided(&world, &case, wanted(Decision::Release, "")),
        decided(&world, &case, wanted(Decision::Reject, "counterfeit")),
    );
    let refused = [&one, &two].into_iter().filter(|r| matches!(r, Err(ErrorCode::DecisionRefused))).count();
    assert_eq!(refused, 1, "{one:?} {two:?}");
    assert_eq!(shown(&world, &case).await.decisions.len(), 1);
    assert_eq!(world.jp.acts("customs-decided").await, 1);
    assert_eq!(told(&world, "DECL-1", 1).await.len(), 1);
}

/// Of what is about persons the books keep neither number nor words, the answer lies sealed too, and erasure
/// takes the case with it (LG-3).
async fn a_case_about_a_person_is_sealed_and_erased(world: World) {
    let draft = Draft {
        id: None,
        to: world.jp.us.clone(),
        kind: "edifact".parse().unwrap(),
        agreement: Some(world.agreement),
        name: None,
        answers: None,
        subjects: vec!["traveller 7".to_owned()],
    };
    let id = world.kr.hand_in(draft, &declaration("D1", "DECL-1", same)).await.unwrap();
    let mut found = None;
    for _ in 0..3000 {
        found = case(&world.jp, id).await;
        if found.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let sealed = found.unwrap();
    assert_eq!((sealed.number.as_str(), sealed.party.as_str(), sealed.port.as_str()), ("", "", ""));
    let seen = shown(&world, &sealed).await;
    assert_eq!(seen.case.number, "DECL-1", "who may read it is shown what it says");
    decided(&world, &sealed, wanted(Decision::Hold, "name on a list")).await.unwrap();
    let decision = shown(&world, &sealed).await.decisions.remove(0);
    assert_eq!(decision.reason, "");
    let answer = world.jp.exchange.document(&world.jp.us, Side::Out, decision.answer).await.unwrap();
    assert!(answer.seal.is_some());
    world.kr.exchange.erase(&world.kr.us, "traveller 7", "test").await.unwrap();
    for _ in 0..3000 {
        if case(&world.jp, id).await.is_none() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the case stays");
}

/// UNB says UNOC; the two agreed on Shift_JIS. The case shows it, the decision and its CUSRES are written in it, and
/// whoever declared reads it.
#[tokio::test]
async fn a_case_is_read_and_answered_in_the_characters_agreed_on() {
    let data = tempfile::tempdir().unwrap();
    let folder = Library::directories(data.path());
    std::fs::create_dir_all(&folder).unwrap();
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/d99z.zip");
    std::fs::copy(sample, folder.join("d99z.zip")).unwrap();
    let library = Arc::new(Library::at(data.path()));
    let world = world_with(library.clone(), false).await;
    for us in [&world.kr.us, &world.jp.us] {
        let guides = Library::guides(data.path(), us);
        std::fs::create_dir_all(&guides).unwrap();
        let guide = r#"{"guide":"sjis","directory":"D.99Z","message":"TESTER","characters":"SHIFT_JIS"}"#;
        std::fs::write(guides.join("sjis.json"), guide).unwrap();
    }
    let text = String::from_utf8(declaration("R1", "D-1", |body| body.replace("O?'HARA SHOJI K.K.", "NAME")))
        .unwrap();
    let at = text.find("NAME").unwrap();
    let name = b"\x83\x5c\x83\x6a\x81\x5b";
    let edi = [&text.as_bytes()[..at], name, &text.as_bytes()[at + 4..]].concat();
    let case = declared(&world, &edi).await;
    assert_eq!(case.party, "ソニー");
    let shown = one(&world.jp.exchange, &library, &acting(&world.jp), case.id).await.unwrap();
    assert!(
        shown.fields.iter().any(|f| f.field == "importer_name" && f.value == "ソニー"),
        "{:?}",
        shown.fields
    );
    let wanted = Wanted {
        field: Some("importer_name".to_owned()),
        ..wanted(Decision::Reject, "表示が違います")
    };
    let decided = decide(&world.jp.exchange, &library, &acting(&world.jp), case.id, wanted).await.unwrap();
    assert_eq!(decided.state, State::Rejected);
    let answers = told(&world, "D-1", 1).await;
    assert!(answers[0].1.iter().any(|line| line.contains("表示が違います")), "{answers:?}");
    let shown = one(&world.jp.exchange, &library, &acting(&world.jp), case.id).await.unwrap();
    let answer = content(&world.jp, Side::Out, shown.decisions[0].answer).await;
    assert!(
        answer.starts_with(b"UNB+UNOC:3+") && answer.windows(4).any(|w| w == b"\x95\x5c\x8e\xa6"),
        "{answer:?}"
    );
}
