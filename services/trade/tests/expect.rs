//! What an agreement has partners wait for, between two nodes under clocks that the test moves: answers in
//! time, missing, asked for again, overdue, late.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails loudly and says what it left out"
)]

mod common;

use std::time::Duration;

use common::{Setup, TO_JP, TO_KR, World, acting, agreed, book, content, desk, message, until};
use corridor_base::{AgreementId, EnvelopeId, Lang};
use corridor_exchange::{Draft, Limits, Side, State};
use corridor_proof::Agreement;
use corridor_trade::expect::{self, Expected, Standing, edge};
use corridor_trade::timeline::timeline;
use corridor_trade::{Library, SAMPLE, SCHEMA};

const HOUR: i64 = 3600;

/// Both nodes, and an agreement that expects this.
struct Expecting {
    world: World,
    agreement: AgreementId,
}

async fn expecting(terms: &[&str], limits: Limits, postgres: bool) -> Expecting {
    let setup = Setup { services: vec![desk(Library::default())], schemas: vec![&SCHEMA], postgres, limits };
    let mut world = World::with(setup).await;
    world.kr.dispatch();
    let expects = terms.iter().map(|term| term.parse().unwrap()).collect();
    let agreement = agreed(&world, |terms| Agreement { expects, ..terms }).await;
    Expecting { world, agreement }
}

async fn two(terms: &[&str]) -> Expecting {
    let mut two = expecting(terms, Limits::default(), false).await;
    two.world.jp.dispatch();
    two
}

impl Expecting {
    /// Korea sends; when this returns the partner has acknowledged it and our desk has read it.
    async fn send(&self, edi: &[u8]) -> EnvelopeId {
        let World { kr, jp, .. } = &self.world;
        let id = kr.submit(None, &jp.us, "edifact", Some(self.agreement), edi).await.unwrap();
        assert_eq!(kr.settled(id).await.state, State::Delivered);
        until("read", async || book(kr, Side::Out, id).await.is_some()).await;
        id
    }

    /// Japan answers with an interchange of its own.
    async fn answer(&self, edi: &[u8], answers: Option<EnvelopeId>) {
        let World { kr, jp, .. } = &self.world;
        let draft = Draft {
            id: None,
            to: kr.us.clone(),
            kind: "edifact".parse().unwrap(),
            agreement: Some(self.agreement),
            name: None,
            answers,
            subjects: Vec::new(),
        };
        let id = jp.hand_in(draft, edi).await.unwrap();
        until("answer read", async || book(kr, Side::In, id).await.is_some()).await;
    }

    /// Time passes in both countries.
    fn pass(&self, seconds: i64) {
        self.world.kr.clock.move_by(seconds);
        self.world.jp.clock.move_by(seconds);
    }

    /// What Korea has in this standing, as `KIND NUMBER ANSWER`.
    async fn standing(&self, standing: Standing) -> Vec<String> {
        let kr = &self.world.kr;
        let all = edge::list(&kr.exchange, &acting(&kr.us), standing, 100).await.unwrap();
        all.iter().map(|e| format!("{} {} {}", e.kind, e.number, e.answer)).collect()
    }

    async fn one(&self, standing: Standing) -> Expected {
        let kr = &self.world.kr;
        let mut all = edge::list(&kr.exchange, &acting(&kr.us), standing, 100).await.unwrap();
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    async fn look(&self) -> (usize, usize) {
        expect::look(&self.world.kr.exchange).await.unwrap()
    }

    /// The words of a timeline that are about what is waited for.
    async fn told(&self, number: &str) -> Vec<&'static str> {
        let kr = &self.world.kr;
        let found = timeline(&kr.exchange, &acting(&kr.us), number, Lang::En).await.unwrap();
        let words = found.events.iter().map(|e| e.what);
        words.filter(|what| ["waiting", "sent-again", "overdue", "late"].contains(what)).collect()
    }
}

#[tokio::test]
async fn an_answer_in_time_is_no_longer_waited_for() {
    let two = two(&["CUSCAR:CONTRL:1h", "CUSDEC:CUSRES:1h"]).await;
    two.send(SAMPLE).await;
    until("CONTRL", async || two.standing(Standing::Answered).await == ["CUSCAR  CONTRL"]).await;
    let answered = two.one(Standing::Answered).await;
    assert_eq!((answered.timer.late_by(), answered.answered_by.is_some()), (None, true));
    two.pass(2 * HOUR);
    assert_eq!(two.look().await, (0, 0));
}

#[tokio::test]
async fn a_missing_answer_is_asked_for_then_told_and_comes_late() {
    missing(two(&["CUSDEC:CUSRES:1h:resend=1"]).await).await;
}

#[tokio::test]
async fn a_missing_answer_is_asked_for_on_postgresql_too() {
    if std::env::var_os("CORRIDOR_TEST_POSTGRES").is_none() {
        println!("not run: PostgreSQL (CORRIDOR_TEST_POSTGRES is not set)");
        return;
    }
    let mut two = expecting(&["CUSDEC:CUSRES:1h:resend=1"], Limits::default(), true).await;
    two.world.jp.dispatch();
    missing(two).await;
}

async fn missing(two: Expecting) {
    let World { kr, jp, .. } = &two.world;
    let id = two.send(&message(TO_JP, "CUSDEC:D:08A", "D1", "BGM+929+DECL-1+9'")).await;
    // An answer that is still on its way is not sent again beside.
    let answers = async || jp.exchange.answers(&jp.us, Side::Out, id).await.unwrap();
    until("CONTRL there", async || answers().await.first().is_some_and(|a| a.state == State::Delivered))
        .await;
    assert_eq!(two.standing(Standing::Waiting).await, ["CUSDEC DECL-1 CUSRES"]);
    assert_eq!(two.told("DECL-1").await, ["waiting"]);
    two.pass(HOUR - 60);
    assert_eq!(two.look().await, (0, 0));
    two.pass(120);
    // Two look at once, as replicas do: one acts.
    let (one, other) = futures::join!(expect::look(&kr.exchange), expect::look(&kr.exchange));
    let done = one.unwrap().0 + other.unwrap().0;
    assert_eq!(done, 1);
    assert_eq!(kr.settled(id).await.state, State::Delivered);
    // The same envelope: the partner has it once, and answered from its books.
    assert_eq!(kr.acts("document-resent").await, 1);
    assert_eq!((jp.acts("document-received").await, jp.acts("interchange-answered").await), (1, 1));
    assert_eq!(two.told("DECL-1").await, ["sent-again", "waiting"]);
    // Its answer that we have already came again too, and changed nothing.
    until("CONTRL again", async || jp.acts("document-resent").await == 1).await;
    assert_eq!(two.look().await, (0, 0));
    two.pass(HOUR + 60);
    assert_eq!(two.look().await, (0, 1));
    assert_eq!(two.look().await, (0, 0));
    assert_eq!(two.standing(Standing::Overdue).await, ["CUSDEC DECL-1 CUSRES"]);
    assert_eq!(edge::count(&kr.exchange, &acting(&kr.us), Standing::Overdue).await.unwrap(), 1);
    assert_eq!(kr.acts("answer-overdue").await, 1);
    assert_eq!(two.told("DECL-1").await, ["sent-again", "overdue"]);
    let response = message(TO_KR, "CUSRES:D:08A", "C1", "BGM+962+RES-1+9+AP'RFF+ACW:DECL-1'");
    two.answer(&response, None).await;
    let late = two.one(Standing::Answered).await;
    let late_by = late.timer.late_by().unwrap().as_secs();
    assert!((3700..3800).contains(&late_by), "{late_by}");
    assert_eq!(two.told("DECL-1").await, ["sent-again", "overdue", "late"]);
}

/// The partner's CONTRL did not reach us and was given up on: sending again brings it.
#[tokio::test]
async fn an_answer_that_got_lost_comes_when_the_document_is_sent_again() {
    lost(false).await;
}

/// The partner knows nothing of an answer any more: its desk reads the document again and gives one.
#[tokio::test]
async fn an_answer_that_was_never_given_is_given_when_the_document_is_sent_again() {
    lost(true).await;
}

async fn lost(forgotten: bool) {
    let limits = Limits { give_up_after: Duration::from_millis(1), ..Limits::default() };
    let mut two = expecting(&["CUSCAR:CONTRL:1h:resend=1"], limits, false).await;
    let id = two.send(SAMPLE).await;
    two.world.kr.hang_up().await;
    two.world.jp.dispatch();
    let jp = &two.world.jp;
    let answers = async || jp.exchange.answers(&jp.us, Side::Out, id).await.unwrap();
    until("given up", async || answers().await.first().is_some_and(|a| a.state == State::Failed)).await;
    if forgotten {
        let forget = |tx: &mut corridor_storage::Tx<'_>| {
            tx.execute("DELETE FROM document WHERE participant = $1 AND side = 'out'", &[])?;
            tx.execute("UPDATE interchange SET answer = NULL WHERE participant = $1 AND side = 'in'", &[])
        };
        assert_eq!(jp.exchange.store().write(&jp.us, forget).await.unwrap(), 1);
    }
    two.world.kr.listen().await;
    two.pass(HOUR + 60);
    assert_eq!(two.look().await, (1, 0));
    until("CONTRL", async || two.standing(Standing::Answered).await == ["CUSCAR  CONTRL"]).await;
    let jp = &two.world.jp;
    let answered = async || {
        let found = move |tx: &mut corridor_storage::Tx<'_>| corridor_trade::books::find(tx, Side::In, id);
        jp.exchange.store().read(&jp.us, found).await.unwrap().unwrap().answer.is_some()
    };
    until("noted", answered).await;
    assert_eq!(jp.acts("document-received").await, 1);
    let answer = two.one(Standing::Answered).await.answered_by.unwrap();
    assert!(content(&two.world.kr, Side::In, answer).await.starts_with(b"UNB"));
}

/// One that the partner has not acknowledged is not missing an answer; one that was given up on is.
#[tokio::test]
async fn nothing_is_missing_while_the_document_is_on_its_way() {
    let mut two = two(&["CUSCAR:CONTRL:1h:resend=3"]).await;
    two.world.jp.hang_up().await;
    let World { kr, jp, .. } = &two.world;
    let id = kr.submit(None, &jp.us, "edifact", Some(two.agreement), SAMPLE).await.unwrap();
    until("read", async || book(kr, Side::Out, id).await.is_some()).await;
    two.pass(HOUR + 60);
    assert_eq!(two.look().await, (0, 0));
    assert_eq!(two.standing(Standing::Waiting).await.len(), 1);
    two.world.jp.listen().await;
    assert_eq!(two.world.kr.settled(id).await.state, State::Delivered);
    until("CONTRL", async || two.standing(Standing::Answered).await.len() == 1).await;
    assert_eq!(two.one(Standing::Answered).await.timer.late_by(), None);
}

#[tokio::test]
async fn what_is_refused_is_not_waited_for() {
    let two = two(&["CUSCAR:CUSRES:1h"]).await;
    let text = String::from_utf8(SAMPLE.to_vec()).unwrap();
    let (head, count) = text.rsplit_once("UNZ+").unwrap();
    two.send(format!("{head}UNZ+9{}", &count[1..]).as_bytes()).await;
    until("void", async || two.standing(Standing::Void).await.len() == 1).await;
    two.pass(2 * HOUR);
    assert_eq!(two.look().await, (0, 0));
}

#[tokio::test]
async fn any_message_answers_by_the_number_it_names() {
    let two = two(&["ORDERS:ORDRSP:1h", "ORDERS:CONTRL:1h"]).await;
    let first = two.send(&message(TO_JP, "ORDERS:D:08A", "O1", "BGM+220+PO-1+9'")).await;
    two.send(&message(TO_JP, "ORDERS:D:08A", "O2", "BGM+220+PO-2+9'")).await;
    two.answer(&message(TO_KR, "ORDRSP:D:08A", "R1", "BGM+231+RSP-1+9'RFF+ON:PO-3'"), None).await;
    assert_eq!(two.standing(Standing::Waiting).await, ["ORDERS PO-1 ORDRSP", "ORDERS PO-2 ORDRSP"]);
    two.answer(&message(TO_KR, "ORDRSP:D:08A", "R2", "BGM+231+RSP-2+9'RFF+ON:PO-2'"), None).await;
    assert_eq!(two.standing(Standing::Waiting).await, ["ORDERS PO-1 ORDRSP"]);
    // One that names nothing answers what its document answers.
    two.answer(&message(TO_KR, "ORDRSP:D:08A", "R3", "BGM+231+RSP-3+9'"), Some(first)).await;
    assert!(two.standing(Standing::Waiting).await.is_empty());
}

#[tokio::test]
async fn somebody_decides_to_wait_no_longer() {
    let two = two(&["CUSDEC:CUSRES:1h"]).await;
    let kr = &two.world.kr;
    let id = two.send(&message(TO_JP, "CUSDEC:D:08A", "D1", "BGM+929+DECL-1+9'")).await;
    let waived = async |us| edge::waived(&kr.exchange, &acting(us), id).await;
    assert_eq!(common::code(waived(&kr.us).await), "not-found");
    two.pass(HOUR + 60);
    assert_eq!(two.look().await, (0, 1));
    assert_eq!(common::code(waived(&kr.second).await), "not-found");
    assert_eq!(waived(&kr.us).await.unwrap().len(), 1);
    assert_eq!(common::code(waived(&kr.us).await), "not-found");
    assert_eq!((two.standing(Standing::Void).await.len(), kr.acts("answer-waived").await), (1, 1));
    // What comes after all is noted.
    two.answer(&message(TO_KR, "CUSRES:D:08A", "C1", "BGM+962+RES-1+9+AP'RFF+ACW:DECL-1'"), None).await;
    until("noted", async || two.standing(Standing::Answered).await.len() == 1).await;
}
