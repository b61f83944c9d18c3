//! A receipt on paper: one self-contained page in three languages, read and printed without a script, with
//! the whole proof in a QR code. What paper has no room for, signatures of ML-DSA-44, the file keeps.

use std::fmt::Write as _;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use corridor_base::html::escape;
use corridor_base::messages::Source;
use corridor_base::{Catalogue, Digest, Lang, Result, Timestamp, message_source};
use corridor_proof::merkle::print_hash;
use corridor_proof::policy::{Judgement, Standing};
use corridor_proof::printed::{MAX_CODE, split};
use corridor_proof::verdict::State;
use corridor_proof::{Act, Policy, Receipt};

use super::{for_paper, judged, qr};

/// What the page says.
pub const RECEIPT: Source = message_source!("receipt");

/// What acts are called, here and wherever else people read of them: `act-document-received`.
pub const ACTS: Source = message_source!("acts");

const STYLE: &str = "
@page { size: A4; margin: 12mm 14mm }
body { font: 10pt/1.4 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans CJK JP', system-ui, sans-serif; color: #111; max-width: 182mm; margin: 0 auto; padding: 4mm }
[lang=ja] { font-family: 'Hiragino Sans', 'Noto Sans JP', 'Noto Sans CJK JP', 'Yu Gothic UI', Meiryo, sans-serif }
[lang=ko] { font-family: 'Apple SD Gothic Neo', 'Noto Sans KR', 'Noto Sans CJK KR', 'Malgun Gothic', sans-serif; word-break: keep-all }
h1 { font-size: 17pt; line-height: 1.3; margin: 0 } h1 span + span { font-size: 12pt; font-weight: 500 } h1 span + span::before { content: ' · ' }
.state { border: .5mm solid; padding: 1.5mm 4mm; margin: 3mm 0; font-weight: 600; break-inside: avoid } .state span { display: block }
.passed { color: #14532d } .pending { color: #7a4a00 } .failed { color: #8b0000 }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; vertical-align: top; padding: .8mm 3mm .8mm 0; border-bottom: .2mm solid #999 } tr { break-inside: avoid }
th { font-weight: 400; width: 38% } th span { font-size: 8.5pt } th span + span::before { content: ' · ' } th span:first-child { font-size: 10pt; font-weight: 600 } th span:first-child::after { content: '\\a'; white-space: pre } th span:first-child + span::before { content: none }
td { overflow-wrap: anywhere } .when { white-space: nowrap } .act span + span::before { content: ' · ' } .act + .hash { color: #444 } .hash { font-family: ui-monospace, 'SF Mono', Consolas, 'Noto Sans Mono', monospace; font-size: 8.5pt }
ul { margin: 0; padding: 0; list-style: none }
figure { margin: 4mm 0; break-inside: avoid; text-align: center } figure svg { display: block; width: 124mm; max-width: 100%; height: auto; margin: 0 auto }
figcaption span { font-size: 9pt } figcaption span + span::before { content: ' · ' }
p { margin: 1.5mm 0 } a { color: #003a8c } .words { break-inside: avoid } .words + .words { border-top: .2mm solid #999 }
@media (min-width: 150mm) { .beside { display: grid; grid-template-columns: 94mm minmax(0, 1fr); gap: 6mm; margin-top: 4mm } .beside figure { margin: 0 } .beside .words { font-size: 8.5pt } }
@media print { body { padding: 0 } .words p:last-child { display: none } }
";

/// The content security policy of the page: nothing is loaded, nothing runs, and of styles only its own
/// counts, which is named by its digest (CSP Level 3, 8.4).
#[must_use]
pub fn security_policy() -> String {
    let digest = STANDARD.encode(Digest::of(STYLE.as_bytes()).0);
    format!("default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'; base-uri 'none'")
}

/// The page of a receipt, judged under the policy.
///
/// # Errors
/// `malformed` when the proof is too long for paper.
pub fn page(receipt: &Receipt, policy: &Policy) -> Result<String> {
    let paper = for_paper(receipt, policy)?;
    let judgement = policy.judge(&paper.proof().checkpoint, None);
    let codes = split(&paper.to_bytes(), MAX_CODE)?;
    let mut out = String::from("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    // Writing to a string does not fail. A page may not say of itself who frames it.
    let security = security_policy().replace(" frame-ancestors 'none';", "");
    let _ = write!(
        out,
        "<meta name=\"viewport\" content=\"width=device-width\"><meta http-equiv=\"Content-Security-Policy\" content=\"{security}\">"
    );
    let _ = write!(out, "<title>{}</title>", escape(&say(Lang::En, "page-title", &[])));
    let _ = write!(out, "<style>{STYLE}</style></head><body><h1>{}</h1>", spans("page-title", &[]));
    out.push_str(&state(&paper, policy));
    out.push_str(&facts(&paper, policy, &judgement));
    // One code and the words stand beside each other, so that the usual receipt is one sheet of A4.
    out.push_str(if codes.len() == 1 { "<div class=\"beside\">" } else { "<div>" });
    for (number, code) in (1..).zip(&codes) {
        out.push_str(&figure(code, number, codes.len())?);
    }
    let _ = write!(out, "<div>{}</div></div></body></html>", words(&paper, codes.len()));
    out.push('\n');
    Ok(out)
}

fn state(receipt: &Receipt, policy: &Policy) -> String {
    let (state, checks) = judged(receipt, policy);
    let open = checks.iter().filter(|c| c.state != State::Passed);
    let missing = open.map(|c| format!("{} ({})", c.name, c.about.join(", "))).collect::<Vec<_>>().join("; ");
    let (class, key) = match state {
        State::Passed => ("passed", "page-complete"),
        State::Failed => ("failed", "page-failed"),
        State::Pending | State::NotChecked => ("pending", "page-pending"),
    };
    let args: &[(&str, &str)] = if key == "page-pending" { &[("missing", &missing)] } else { &[] };
    format!("<div class=\"state {class}\">{}</div>", spans(key, args))
}

fn facts(receipt: &Receipt, policy: &Policy, judgement: &Judgement) -> String {
    let (act, proof) = (receipt.act(), receipt.proof());
    let (tree, origin) = (proof.checkpoint.tree(), proof.checkpoint.origin());
    let place = [("index", proof.index.to_string()), ("size", tree.size.to_string())];
    let place: Vec<(&str, &str)> = place.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let row = |label: &str, value: &str| format!("<tr><th>{}</th><td>{value}</td></tr>", spans(label, &[]));
    let hash = |hash: &corridor_base::Digest| format!("<span class=\"hash\">{}</span>", print_hash(hash));
    [
        "<table>".to_owned(),
        row("label-act", &named(act)),
        row("label-id", &escape(&act.id.to_string())),
        row("label-time", &escape(&act.time.to_string())),
        row("label-log", &escape(origin)),
        row("label-place", &inline("value-place", &place)),
        row("label-leaf", &hash(&receipt.leaf())),
        row("label-root", &hash(&tree.root)),
        row("label-signatures", &signatures(origin, policy, judgement)),
        "</table>".to_owned(),
    ]
    .concat()
}

/// What happened, in words, and the type of the act; a type without words stands for itself.
fn named(act: &Act) -> String {
    let key = format!("act-{}", act.kind);
    let kind = escape(&format!("{} v{}", act.kind, act.version));
    if !texts().has(Lang::En, &key) {
        return kind;
    }
    format!("<span class=\"act\">{}</span> <span class=\"hash\">{kind}</span>", spans(&key, &[]))
}

/// Who signed, and when.
fn signatures(origin: &str, policy: &Policy, judgement: &Judgement) -> String {
    let mut out = format!("<ul><li>{} — {}</li>", escape(origin), inline("label-log-key", &[]));
    for (name, standing) in &judgement.witnesses {
        let when = match standing {
            Standing::Counted { time: None, .. } => "—".to_owned(),
            Standing::Counted { time: Some(time), .. } => {
                let millis = i64::try_from(time.saturating_mul(1000)).unwrap_or(i64::MAX);
                Timestamp::from_millis(millis).to_string()
            }
            Standing::OwnOperator => inline("label-own", &[]),
            _ => continue,
        };
        let witness = policy.witnesses().iter().find(|w| w.name == *name);
        let country = witness.and_then(|w| w.operator.as_ref()).map(|o| o.country.to_string());
        let what = match &country {
            Some(country) => inline("label-witness", &[("country", country)]),
            None => inline("label-witness-nowhere", &[]),
        };
        let _ = write!(out, "<li>{} — {what}: <span class=\"when\">{when}</span></li>", escape(name));
    }
    out.push_str("</ul>");
    out
}

fn figure(code: &[u8], number: usize, count: usize) -> Result<String> {
    let title = escape(&say(Lang::En, "label-code", &[]));
    let svg = qr::svg(code, &title)?;
    let caption = if count == 1 {
        spans("label-code", &[])
    } else {
        spans("label-part", &[("number", &number.to_string()), ("count", &count.to_string())])
    };
    Ok(format!("<figure>{svg}<figcaption>{caption}</figcaption></figure>"))
}

fn words(receipt: &Receipt, codes: usize) -> String {
    let mut out = String::new();
    let file = STANDARD.encode(receipt.to_bytes());
    for lang in Lang::ALL {
        let text = |key: &str| escape(&say(*lang, key, &[]));
        let _ = write!(
            out,
            "<div class=\"words\" lang=\"{lang}\"><p>{}</p><p>{}",
            text("page-what"),
            commands(&text("page-verify"))
        );
        if codes > 1 {
            let _ = write!(out, " {}", text("page-parts"));
        }
        let _ = write!(
            out,
            "</p><p><a download=\"receipt.tlog-proof\" href=\"data:text/plain;charset=utf-8;base64,{file}\">{}</a></p></div>",
            text("page-download")
        );
    }
    out
}

fn texts() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| Catalogue::new(&[RECEIPT, ACTS]))
}

fn say(lang: Lang, key: &str, args: &[(&str, &str)]) -> String {
    texts().text(lang, key, args)
}

/// What stands between backticks is typed.
fn commands(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts
        .map(|(at, part)| if at % 2 == 1 { format!("<code>{part}</code>") } else { part.to_owned() })
        .collect()
}

/// A text in the three languages, one below the other.
fn spans(key: &str, args: &[(&str, &str)]) -> String {
    let one = |lang: &Lang| format!("<span lang=\"{lang}\">{}</span> ", escape(&say(*lang, key, args)));
    Lang::ALL.iter().map(one).collect()
}

/// A text in the three languages on one line.
fn inline(key: &str, args: &[(&str, &str)]) -> String {
    let one = |lang: &Lang| format!("<span lang=\"{lang}\">{}</span>", escape(&say(*lang, key, args)));
    Lang::ALL.iter().map(one).collect::<Vec<_>>().join(" / ")
}
