//! The demo: two countries on one machine, told as it happens in the reader's language. It founds
//! both anchors, runs both nodes as processes of their own, and works with the very commands that an
//! operator types, so that everything it shows can be done again by hand.

mod chain;
mod evidence;
mod stage;
mod story;
mod tamper;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use corridor_base::Words;
use corridor_base::{ErrorCode, Lang, Problem, Result, Timestamp};
use serde_json::Value;

use stage::{Place, Stage, Witness};
use story::Story;

/// What may be set.
#[derive(Debug)]
pub struct Options {
    /// The document to send; the sample cargo report when there is none.
    pub file: Option<PathBuf>,
    /// Ends after the story, and says whether all of it came true.
    pub check: bool,
    /// Where everything is kept; made anew each time.
    pub directory: PathBuf,
    /// In which language the story is told.
    pub lang: Lang,
    /// Tells it as lines of JSON.
    pub json: bool,
}

/// How long an answer of the other country may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// The file that says which logs there are and who must have cosigned.
const POLICY: &str = "witnesses.policy";
/// How many segments of the interchange are shown.
const SHOWN: &str = "14";

/// Plays the demo. `told_to_stop` blocks until Ctrl-C.
///
/// # Errors
/// What failed; the step at which it did is said on the way out.
pub fn play(options: &Options, told_to_stop: impl FnOnce() -> Result<()>) -> Result<()> {
    let mut story = Story::new(options.lang, options.json);
    let played = tell(options, &mut story);
    let Cast { nodes, witnesses } = played.inspect_err(|_| story.failed())?;
    if !options.check {
        story.look(&nodes);
        told_to_stop()?;
    }
    for node in nodes {
        node.stop().inspect_err(|_| story.failed())?;
    }
    for witness in witnesses {
        witness.stop().inspect_err(|_| story.failed())?;
    }
    story.say("demo-ended", &[]);
    Ok(())
}

/// Everything that runs.
struct Cast {
    nodes: [Place; 2],
    witnesses: [Witness; 2],
}

/// The story, up to two running nodes and their witnesses.
fn tell(options: &Options, story: &mut Story) -> Result<Cast> {
    story.title();
    let stage = Stage::set(&options.directory, options.lang)?;
    let document = stage.document(options.file.as_deref())?;
    let anchors = found(&stage, story)?;
    let mut witnesses = [Witness::at(story, "KR", 7082)?, Witness::at(story, "JP", 7092)?];
    for witness in &witnesses {
        appoint(&stage, story, witness)?;
    }
    let mut kr = Place::at(&stage, story, "KR", "forwarder", 7080)?;
    let mut jp = Place::at(&stage, story, "JP", "customs", 7090)?;
    kr.make(&stage, story, &anchors[0], &jp, &witnesses)?;
    jp.make(&stage, story, &anchors[1], &kr, &witnesses)?;
    chain::host(&stage, story, &jp)?;
    for place in [&kr, &jp] {
        admit(&stage, story, place, place.name, &place.names())?;
    }
    admit(&stage, story, &jp, chain::BUYER, &chain::buyer())?;
    recognise(&stage, story, &anchors)?;
    for place in [&mut kr, &mut jp] {
        place.start(&stage, story)?;
    }
    import(&stage, story, &[&kr, &jp])?;
    watch(&stage, story, [&kr, &jp], &mut witnesses)?;
    let purpose = [
        "Cargo reports and declarations from Busan to Hakata, and their answers",
        "釜山から博多への積荷目録・申告とその回答",
        "부산에서 하카타로 가는 적하목록·신고와 그 회신",
    ];
    agree(&stage, story, &kr, (&jp, jp.name, &jp.names()), purpose)?;
    let purpose = ["Orders, bookings and their answers", "発注・ブッキングとその回答", "발주·부킹과 그 회신"];
    agree(&stage, story, &kr, (&jp, chain::BUYER, &chain::buyer()), purpose)?;
    chain::order(&stage, story, &kr, &jp)?;
    let id = send(&stage, story, &kr, &jp, &document)?;
    understand(&stage, story, &jp, &id)?;
    answer(&stage, story, &kr, &jp, &id)?;
    chain::declare(&stage, story, &kr, &jp)?;
    chain::timeline(&stage, story, &kr)?;
    tamper::show(&stage, story, &kr, &jp)?;
    record(&stage, story, &[&kr, &jp])?;
    evidence::show(&stage, story, &kr, &id)?;
    for place in [&mut kr, &mut jp] {
        place.invite(&stage)?;
    }
    Ok(Cast { nodes: [kr, jp], witnesses })
}

/// Each country founds its anchor: the key that signs whom it vouches for.
fn found(stage: &Stage, story: &mut Story) -> Result<[String; 2]> {
    let mut anchor = |country: &str, name: &str| -> Result<String> {
        let told = stage.corridor(
            None,
            &["trust", "found", &stage::anchor(country), "--country", country, "--name", name],
        )?;
        let anchor = text(&told, "/anchor")?;
        let named = story.country(country);
        story.say("demo-founded", &[("country", &named), ("anchor", bare(&anchor))]);
        Ok(anchor)
    };
    Ok([anchor("KR", "trust.kr.example")?, anchor("JP", "trust.jp.example")?])
}

/// An anchor names the witness that it runs: so that a log is cosigned in its own country by somebody
/// who does not keep it.
fn appoint(stage: &Stage, story: &mut Story, witness: &Witness) -> Result<()> {
    let (directory, name) = (witness.directory(), witness.name());
    let made = stage.corridor(None, &["trust", "witness-key", &directory, "--name", &name])?;
    let key = text(&made, "/key")?;
    let anchor = stage::anchor(witness.country);
    let (url, mirror) = (witness.url(), format!("{}/mirror", witness.url()));
    let told = stage.corridor(
        None,
        &["trust", "add-witness", &anchor, "main", &url, "--key", &key, "--mirror", &mirror],
    )?;
    let number = told.pointer("/number").map(ToString::to_string).unwrap_or_default();
    let country = story.country(witness.country);
    story.say("demo-witness", &[("country", &country), ("url", &url), ("number", &number)]);
    Ok(())
}

/// A country admits its participant: the list pins the keys of its DID document, and the log of its
/// node.
fn admit(stage: &Stage, story: &mut Story, place: &Place, who: &str, names: &Words) -> Result<()> {
    let document = stage.corridor(Some(place), &["--participant", who, "key", "document"])?;
    let file = format!("{who}.did.json");
    stage.write(&file, document.to_string().as_bytes())?;
    let told = stage.corridor(
        None,
        &[
            "trust",
            "admit",
            &stage::anchor(place.country),
            "--document",
            &file,
            "--name",
            names.get(Lang::En),
            "--name-ja",
            names.get(Lang::Ja),
            "--name-ko",
            names.get(Lang::Ko),
        ],
    )?;
    let number = told.pointer("/number").map(ToString::to_string).unwrap_or_default();
    let country = story.country(place.country);
    story.say(
        "demo-admitted",
        &[("country", &country), ("who", names.get(stage.lang())), ("number", &number)],
    );
    Ok(())
}

/// One statement, signed by both anchors.
fn recognise(stage: &Stage, story: &mut Story, anchors: &[String; 2]) -> Result<()> {
    let [kr, jp] = anchors.each_ref().map(String::as_str);
    let offered = stage.corridor(
        None,
        &["trust", "recognise", &stage::anchor("KR"), "--anchor", &format!("JP {}", bare(jp))],
    )?;
    let offered = text(&offered, "/path")?;
    let anchor = format!("KR {}", bare(kr));
    stage.corridor(None, &["trust", "countersign", &stage::anchor("JP"), &offered, "--anchor", &anchor])?;
    story.say("demo-recognised", &[]);
    Ok(())
}

/// The verifier key without the country before it.
fn bare(anchor: &str) -> &str {
    anchor.split_once(' ').map_or(anchor, |(_, vkey)| vkey)
}

/// Both nodes take in what both anchors have signed.
fn import(stage: &Stage, story: &mut Story, places: &[&Place; 2]) -> Result<()> {
    let mut notes = stage.notes(&format!("{}/recognitions", stage::anchor("JP")))?;
    for country in ["KR", "JP"] {
        notes.extend(stage.notes(&format!("{}/lists", stage::anchor(country)))?.pop());
    }
    for place in places {
        for note in &notes {
            stage.corridor(Some(place), &["trust", "import", note])?;
        }
    }
    story.say("demo-imported", &[]);
    Ok(())
}

/// The witnesses of both anchors begin to watch the logs that the lists name.
fn watch(
    stage: &Stage,
    story: &mut Story,
    [kr, jp]: [&Place; 2],
    witnesses: &mut [Witness; 2],
) -> Result<()> {
    let policy = stage.corridor(Some(kr), &["trust", "policy"])?;
    stage.write(POLICY, text(&policy, "/policy")?.as_bytes())?;
    let mut others: Vec<String> = [kr, jp].map(Place::public_address).into();
    others.extend(witnesses.iter().map(Witness::address));
    for witness in witnesses {
        witness.start(stage, POLICY, &others)?;
    }
    story.say("demo-watching", &[]);
    Ok(())
}

/// A standing agreement, signed by both.
fn agree(
    stage: &Stage,
    story: &mut Story,
    kr: &Place,
    (place, who, names): (&Place, &str, &Words),
    [en, ja, ko]: [&str; 3],
) -> Result<()> {
    let (did, proposed, signed) =
        (place.did_of(who), format!("agreement-{who}-proposed.note"), format!("agreement-{who}.note"));
    stage.corridor(
        Some(kr),
        &[
            "partner",
            "propose",
            &did,
            "--kind",
            "edifact",
            "--purpose",
            en,
            "--purpose-ja",
            ja,
            "--purpose-ko",
            ko,
            "--output",
            &proposed,
        ],
    )?;
    stage.corridor(
        Some(place),
        &["--participant", who, "partner", "accept", &proposed, "--output", &signed],
    )?;
    stage.corridor(Some(kr), &["partner", "accept", &signed])?;
    story.say("demo-agreed", &[("a", &kr.shown(stage.lang())), ("b", names.get(stage.lang()))]);
    Ok(())
}

/// The document leaves one country and is acknowledged in the other.
fn send(
    stage: &Stage,
    story: &mut Story,
    kr: &Place,
    jp: &Place,
    document: &stage::Document,
) -> Result<String> {
    let (who, size) = (kr.shown(stage.lang()), document.size.to_string());
    story.say("demo-sending", &[("who", &who), ("file", &document.name), ("size", &size)]);
    let sent = stage.corridor(
        Some(kr),
        &["send", &document.path, "--to", &jp.did, "--kind", "edifact", "--wait", "20"],
    )?;
    let id = text(&sent, "/id")?;
    stage::unsent(&sent, &jp.did)?;
    let at = |pointer: &str| text(&sent, pointer).and_then(|at| Timestamp::parse(&at));
    let millis = at("/updated")?.since(at("/created")?).as_millis().to_string();
    story.say("demo-acknowledged", &[("who", &jp.shown(stage.lang())), ("millis", &millis)]);
    Ok(id)
}

/// The other country reads it.
fn understand(stage: &Stage, story: &mut Story, jp: &Place, id: &str) -> Result<()> {
    let shown = wait(|| {
        let shown = stage.corridor(Some(jp), &["trade", "show", "in", id, "--segments", SHOWN])?;
        Ok(shown.pointer("/interchange/verdict").is_some().then_some(shown))
    })?;
    story.say("demo-understood", &[("who", &jp.shown(stage.lang()))]);
    let lines = shown.pointer("/lines").and_then(Value::as_array).cloned().unwrap_or_default();
    if lines.is_empty() {
        return Err(Problem::new(ErrorCode::InterchangeInvalid)
            .with("what", id)
            .with("why", "nothing could be read"));
    }
    story.quote(lines.iter().filter_map(Value::as_str));
    Ok(())
}

/// Customs answers with CONTRL, and the answer finds what it belongs to.
fn answer(stage: &Stage, story: &mut Story, kr: &Place, jp: &Place, id: &str) -> Result<()> {
    let answered = wait(|| {
        let shown = stage.corridor(Some(kr), &["trade", "show", "out", id, "--segments", "1"])?;
        let state = shown.pointer("/interchange/state").and_then(Value::as_str).unwrap_or("sent");
        Ok((state != "sent").then_some(shown))
    })?;
    let state = text(&answered, "/interchange/state")?;
    let contrl = text(&answered, "/interchange/answer")?;
    let verdict = story.word(&format!("demo-state-{state}"));
    story.say("demo-answered", &[("who", &jp.shown(stage.lang())), ("verdict", &verdict)]);
    let shown = stage.corridor(Some(kr), &["trade", "show", "in", &contrl, "--segments", "10"])?;
    let lines = shown.pointer("/lines").and_then(Value::as_array).cloned().unwrap_or_default();
    story.quote(lines.iter().filter_map(Value::as_str));
    story.say("demo-correlated", &[("who", &kr.shown(stage.lang())), ("verdict", &verdict)]);
    Ok(())
}

/// What is on record afterwards.
fn record(stage: &Stage, story: &mut Story, places: &[&Place; 2]) -> Result<()> {
    story.say("demo-record", &[]);
    for place in places {
        let acts = stage.corridor(Some(place), &["act", "list", "--limit", "100"])?;
        let items = acts.pointer("/items").and_then(Value::as_array).cloned().unwrap_or_default();
        let sound = items.iter().all(|a| a.pointer("/verified") == Some(&Value::Bool(true)));
        if items.is_empty() || !sound {
            return Err(
                Problem::new(ErrorCode::StorageFailed).with("why", "an act does not match its opening")
            );
        }
        let kinds: Vec<&str> =
            items.iter().rev().filter_map(|a| a.pointer("/type").and_then(Value::as_str)).collect();
        story.quote([format!("{}: {}", place.shown(stage.lang()), kinds.join(", ")).as_str()]);
    }
    Ok(())
}

/// Asks again until there is an answer.
fn wait(mut ask: impl FnMut() -> Result<Option<Value>>) -> Result<Value> {
    let until = Instant::now() + PATIENCE;
    loop {
        let last = match ask() {
            Ok(Some(value)) => return Ok(value),
            Ok(None) => Problem::new(ErrorCode::NotFound).with("what", "answer of the other country"),
            Err(problem) => problem,
        };
        if Instant::now() > until {
            return Err(last);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A text in what a command answered.
fn text(value: &Value, pointer: &str) -> Result<String> {
    value.pointer(pointer).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| {
        Problem::new(ErrorCode::Internal).with("why", format!("no {pointer} in what the command answered"))
    })
}
