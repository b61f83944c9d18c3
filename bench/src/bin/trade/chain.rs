//! The documents of one transaction, from order to release: each chain under numbers of its own.

use bytes::Bytes;
use serde_json::Value;

/// The messages of a chain, each with its CONTRL.
pub(super) const STEPS: usize = 7;
/// What is waited for: each message is answered, and its interchange read.
pub(super) const EXPECTED: [(&str, &str); 7] = [
    ("ORDERS", "ORDRSP"),
    ("ORDERS", "CONTRL"),
    ("IFTMBF", "IFTMBC"),
    ("IFTMBF", "CONTRL"),
    ("CUSCAR", "CONTRL"),
    ("CUSDEC", "CUSRES"),
    ("CUSDEC", "CONTRL"),
];

/// One interchange of a chain.
pub(super) struct Step {
    /// From Korea to Japan.
    pub(super) out: bool,
    /// Its message.
    pub(super) kind: &'static str,
    /// Its control reference.
    pub(super) reference: String,
    pub(super) content: Bytes,
}

/// Order and response, booking and confirmation, cargo report, declaration and release.
pub(super) fn steps(n: u64) -> Vec<Step> {
    let bodies: [_; STEPS] = [
        (true, "ORDERS", format!("BGM+220+PO-{n:08}+9'DTM+137:20261122:102'")),
        (false, "ORDRSP", format!("BGM+231+RSP-{n:08}+9'RFF+ON:PO-{n:08}'")),
        (true, "IFTMBF", format!("BGM+335+BK-{n:08}+9'RFF+ON:PO-{n:08}'")),
        (false, "IFTMBC", format!("BGM+770+BC-{n:08}+9'RFF+BN:BK-{n:08}'RFF+ACW:BK-{n:08}'")),
        (true, "CUSCAR", format!("BGM+785+CR-{n:08}+9'RFF+BN:BK-{n:08}'CNI+1+BL-{n:08}'")),
        (true, "CUSDEC", format!("BGM+929+DECL-{n:08}+9'RFF+ON:PO-{n:08}'DOC+705+BL-{n:08}'")),
        (false, "CUSRES", format!("BGM+962+RES-{n:08}+9+AP'RFF+ACW:DECL-{n:08}'")),
    ];
    let step = |(step, (out, kind, body)): (usize, (bool, &'static str, String))| {
        interchange(n, step, out, kind, &body)
    };
    bodies.into_iter().enumerate().map(step).collect()
}

fn interchange(n: u64, step: usize, out: bool, kind: &'static str, body: &str) -> Step {
    let parties = if out { "DONGNAEFWD+JPCUSTOMS" } else { "JPCUSTOMS+DONGNAEFWD" };
    let count = body.matches('\'').count() + 2;
    let reference = format!("{n:08}{step}");
    let content = Bytes::from(format!(
        "UNB+UNOA:3+{parties}+261122:0915+{reference}'UNH+1+{kind}:D:08A:UN'{body}UNT+{count}+1'UNZ+1+{reference}'"
    ));
    Step { out, kind, reference, content }
}

/// Where the timeline of a chain is found by the number of its order.
pub(super) fn timeline(n: u64) -> String {
    format!("api/v1/trade/timeline?reference=PO-{n:08}")
}

/// Whether every document of a timeline was read by the other end, and customs have spoken.
pub(super) fn is_whole(timeline: &Value) -> bool {
    let documents = timeline.pointer("/documents").and_then(Value::as_array);
    let told = |name: &str| {
        let said = |document: &&Value| document.get(name).is_some_and(Value::is_string);
        documents.map_or(0, |documents| documents.iter().filter(said).count())
    };
    told("syntax") >= STEPS && told("judgement") > 0
}
