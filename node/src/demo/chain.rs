//! One transaction from order to release: a Japanese buyer orders, space on a ship is booked, the cargo report of
//! the story goes its way, and the goods are declared to customs: wrongly at first, then amended, examined and
//! released. Every step is a command that a trader or an official types.

use corridor_base::Words;
use corridor_base::{ErrorCode, Lang, Problem, Result};
use serde_json::Value;

use super::stage::{Place, Stage, unsent};
use super::story::Story;
use super::{text, wait};

/// The buyer: a participant of its own on the Japanese node.
pub(super) const BUYER: &str = "importer";
/// The order that everything else follows from.
const ORDER: &str = "PO-2611-0007";
/// The declaration.
const DECLARATION: &str = "DNCD-2611-0042";
/// How the parties are named in UNB.
const OURS: &str = "DONGNAEFWD:ZZ";
const BUYERS: &str = "OHARASHOJI:ZZ";
const CUSTOMS: &str = "JPCUSTOMS:ZZ";

/// Its name, for people; invented.
pub(super) fn buyer() -> Words {
    Words {
        en: "O'Hara Trading (demo)".to_owned(),
        ja: "小原商事（デモ）".to_owned(),
        ko: "오하라상사(데모)".to_owned(),
    }
}

/// The node takes the buyer in beside its customs office.
pub(super) fn host(stage: &Stage, story: &mut Story, jp: &Place) -> Result<()> {
    jp.take_in(stage, BUYER)?;
    stage.corridor(Some(jp), &["init"])?;
    let who = buyer().get(stage.lang()).to_owned();
    story.say("demo-hosted", &[("who", &who), ("node", &jp.shown(stage.lang()))]);
    Ok(())
}

/// Who sends: a participant of a node, the one that operates it when none is named.
struct Sender<'a> {
    place: &'a Place,
    participant: Option<&'a str>,
}

impl Sender<'_> {
    /// Sends a file and waits until the other side has it: the envelope.
    fn send(&self, stage: &Stage, file: &str, to: &str) -> Result<String> {
        let participant = self.participant.map(|name| ["--participant", name]);
        let mut words: Vec<&str> = participant.as_ref().map_or(Vec::new(), |words| words.to_vec());
        words.extend(["send", file, "--to", to, "--kind", "edifact", "--wait", "20"]);
        let sent = stage.corridor(Some(self.place), &words)?;
        unsent(&sent, to)?;
        text(&sent, "/id")
    }
}

/// Makes an interchange of a document.
fn make(
    stage: &Stage,
    at: &Place,
    kind: &str,
    file: &str,
    parties: (&str, &str),
    reference: &str,
) -> Result<String> {
    let out = format!("{}.edi", file.trim_end_matches(".json"));
    let (sender, recipient) = parties;
    stage.judged(
        Some(at),
        &[
            "trade",
            "new",
            kind,
            file,
            "--sender",
            sender,
            "--recipient",
            recipient,
            "--reference",
            reference,
            "--output",
            &out,
        ],
    )?;
    Ok(out)
}

/// The files of the transaction.
fn lay_out(stage: &Stage) -> Result<()> {
    corridor_trade::CHAIN.iter().try_for_each(|(name, bytes)| stage.write(name, bytes))
}

/// Order, answer, booking, confirmation.
pub(super) fn order(stage: &Stage, story: &mut Story, kr: &Place, jp: &Place) -> Result<()> {
    lay_out(stage)?;
    let (ours, theirs) = (kr.shown(stage.lang()), buyer().get(stage.lang()).to_owned());
    let buyer_did = jp.did_of(BUYER);
    let buyer = Sender { place: jp, participant: Some(BUYER) };
    let seller = Sender { place: kr, participant: None };
    let order = make(stage, jp, "orders", "order.json", (BUYERS, OURS), "OH261116000007")?;
    buyer.send(stage, &order, &kr.did)?;
    story.say("demo-ordered", &[("who", &theirs), ("order", ORDER)]);
    seller.send(stage, "order-response.edi", &buyer_did)?;
    story.say("demo-order-answered", &[("who", &ours)]);
    let booking = make(stage, kr, "iftmbf", "booking.json", (OURS, BUYERS), "DN261118000021")?;
    seller.send(stage, &booking, &buyer_did)?;
    story.say("demo-booked", &[("who", &ours), ("whom", &theirs)]);
    let confirmed = make(stage, jp, "iftmbc", "booking-confirmed.json", (BUYERS, OURS), "OH261118000009")?;
    buyer.send(stage, &confirmed, &kr.did)?;
    story.say("demo-booking-confirmed", &[("who", &theirs)]);
    Ok(())
}

/// Declared wrongly, refused with the place, amended, examined, released.
pub(super) fn declare(stage: &Stage, story: &mut Story, kr: &Place, jp: &Place) -> Result<()> {
    let (ours, customs) = (kr.shown(stage.lang()), jp.shown(stage.lang()));
    stage.corridor(Some(jp), &["trade", "risk", "add", "risk-rules.json"])?;
    for rule in ["first-importer", "heavy-bearings"] {
        stage.corridor(Some(jp), &["trade", "risk", "on", rule])?;
    }
    story.say("demo-risk", &[("who", &customs)]);
    let seller = Sender { place: kr, participant: None };
    let wrong = make(stage, kr, "cusdec", "declaration-wrong.json", (OURS, CUSTOMS), "DN261122000051")?;
    let id = seller.send(stage, &wrong, &jp.did)?;
    story.say("demo-declared", &[("who", &ours), ("number", DECLARATION)]);
    let case = case(stage, jp, &id)?;
    story.say("demo-hits", &[("who", &customs)]);
    story.quote(titles(&case, stage.lang()).iter().map(String::as_str));
    let reason = "848291 IS BALLS AND ROLLERS; BALL BEARINGS ARE 848210";
    let refuse =
        ["trade", "decide", &id, "reject", "--code", "HS04", "--field", "items.1.hs", "--reason", reason];
    stage.corridor(Some(jp), &refuse)?;
    story.say("demo-rejected", &[("who", &customs)]);
    story.quote(said(stage, kr, "rejected")?.iter().map(String::as_str));
    let right = make(stage, kr, "cusdec", "declaration.json", (OURS, CUSTOMS), "DN261122000052")?;
    let amended = seller.send(stage, &right, &jp.did)?;
    story.say("demo-amended", &[("who", &ours)]);
    self::case(stage, jp, &amended)?;
    let examine = "OPEN ONE CARTON IN TEN OF CONTAINER HBKU6973955";
    stage.corridor(Some(jp), &["trade", "decide", &amended, "inspect", "--reason", examine])?;
    said(stage, kr, "inspection")?;
    stage.corridor(Some(jp), &["trade", "decide", &amended, "release"])?;
    story.say("demo-released", &[("who", &customs)]);
    story.quote(said(stage, kr, "released")?.iter().map(String::as_str));
    Ok(())
}

/// A declaration as customs see it, once the desk has it.
fn case(stage: &Stage, jp: &Place, id: &str) -> Result<Value> {
    wait(|| stage.corridor(Some(jp), &["trade", "queue", "--show", id]).map(Some))
}

/// What a case hit, in words.
fn titles(case: &Value, lang: Lang) -> Vec<String> {
    let hits = case.get("hits").and_then(Value::as_array);
    let title = |hit: &Value| hit.pointer(&format!("/title/{}", lang.tag()))?.as_str().map(str::to_owned);
    hits.into_iter().flatten().filter_map(title).collect()
}

/// What the declarant reads, once customs have said this.
fn said(stage: &Stage, kr: &Place, outcome: &str) -> Result<Vec<String>> {
    let answer = wait(|| {
        let found = stage.corridor(Some(kr), &["trade", "status", DECLARATION])?;
        let events = found.get("events").and_then(Value::as_array).cloned().unwrap_or_default();
        Ok(events.into_iter().find(|event| {
            event.get("outcome").and_then(Value::as_str) == Some(outcome)
                && event.pointer("/kinds/0").and_then(Value::as_str) == Some("CUSRES")
        }))
    })?;
    let lines = answer.get("lines").and_then(Value::as_array);
    Ok(lines.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect())
}

/// Everything of the order on one line, as the exporter sees it.
pub(super) fn timeline(stage: &Stage, story: &mut Story, kr: &Place) -> Result<()> {
    // The last answers of all still have to be acknowledged.
    let found = wait(|| {
        let found = stage.corridor(Some(kr), &["trade", "status", ORDER])?;
        let all = ["ORDERS", "ORDRSP", "IFTMBF", "IFTMBC", "CUSDEC", "CUSRES"];
        let kinds = |event: &Value| event.pointer("/kinds/0").and_then(Value::as_str).map(str::to_owned);
        let events = found.get("events").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let seen: Vec<String> = events.iter().filter_map(kinds).collect();
        Ok(all.iter().all(|kind| seen.iter().any(|s| s == kind)).then_some(found))
    })?;
    story.say("demo-timeline", &[("who", &kr.shown(stage.lang())), ("order", ORDER)]);
    let events = found.get("events").and_then(Value::as_array).cloned().unwrap_or_default();
    if events.is_empty() {
        return Err(Problem::new(ErrorCode::NotFound).with("what", ORDER));
    }
    let lines: Vec<String> = events.iter().map(|event| line(stage.lang(), event)).collect();
    story.quote(lines.iter().map(String::as_str));
    Ok(())
}

/// `09:25:03  CUSDEC  Sent`.
fn line(lang: Lang, event: &Value) -> String {
    let text = |name: &str| event.get(name).and_then(Value::as_str).unwrap_or_default();
    let kinds = event.get("kinds").and_then(Value::as_array);
    let kinds: Vec<&str> = kinds.into_iter().flatten().filter_map(Value::as_str).collect();
    let word = match event.get("outcome").and_then(Value::as_str) {
        Some(outcome) => format!("event-answer-{outcome}"),
        None => format!("event-{}", text("what")),
    };
    let word = corridor_trade::messages().text(lang, &word, &[]);
    let time: String = text("time").chars().skip(11).take(8).collect();
    format!("{time}  {:<6}  {word}", kinds.join(","))
}
