//! Makes interchanges for every message of a UNECE directory and says what ours finds in them:
//! `cases ZIP FOLDER`. Exists so that another implementation, with a reading of the directory of its own,
//! can be asked the same: for each message the least and the most that is right, and what is wrong at one
//! known place. One line of JSON a case.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use corridor_trade::directory::{
    Content, Directory, Element, Kind, MessageSpec, Node, Representation, What, shown,
};
use corridor_trade::edifact::{Options, Reader, Report};
use corridor_trade::rules::{Checker, CodePolicy, Policy, Shelf};
use serde_json::{Value, json};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (zip, folder) = (arguments.next().unwrap_or_default(), arguments.next().unwrap_or_default());
    let loaded = std::fs::read(&zip).map_err(|e| e.to_string());
    match loaded.and_then(|bytes| Directory::load(&bytes).map_err(|p| p.to_string())) {
        Ok(directory) => run(Arc::new(directory), Path::new(&folder)),
        Err(why) => {
            say(&format!("{zip}: {why}"));
            ExitCode::FAILURE
        }
    }
}

fn run(directory: Arc<Directory>, folder: &Path) -> ExitCode {
    let mut shelf = Shelf::default();
    shelf.add(Arc::clone(&directory));
    let shelf = Arc::new(shelf);
    for message in directory.messages.values() {
        for case in cases(&directory, message) {
            let file = format!("{}-{}.edi", message.kind, case.name);
            let text = interchange(&directory, &message.kind, &case.body);
            #[allow(clippy::disallowed_methods, reason = "made anew by each run, and read by it at once")]
            if std::fs::write(folder.join(&file), &text).is_err() {
                return ExitCode::FAILURE;
            }
            let found = found(&judged(&shelf, &text));
            let (rows, most) = covered(message);
            let line = json!({
                "file": file, "message": message.kind, "case": case.name, "at": case.at, "found": found,
                "rows": rows, "most": most,
            });
            say(&line.to_string());
        }
    }
    ExitCode::SUCCESS
}

/// A message: its segments between UNH and UNT, and the segment (UNH is 1) that is wrong or follows a gap.
struct Case {
    name: &'static str,
    body: Vec<String>,
    at: Option<usize>,
}

fn cases(directory: &Directory, message: &MessageSpec) -> Vec<Case> {
    let maker = Maker { directory, message };
    let least = maker.body(false);
    let most = maker.body(true);
    let mut all = vec![
        Case { name: "minimal", body: texts(&least), at: None },
        Case { name: "maximal", body: texts(&most), at: None },
    ];
    if let Some(at) = least.iter().position(|s| s.mandatory) {
        let mut body = texts(&least);
        body.remove(at);
        all.push(Case { name: "dropped", body, at: Some(at + 2) });
    }
    // Mandatory neighbours, each once: the second can only stand after the first.
    let swapped = least.windows(2).position(|pair| pair[0].tag() != pair[1].tag());
    if let Some(at) = swapped {
        let mut body = texts(&least);
        body.swap(at, at + 1);
        all.push(Case { name: "swapped", body, at: Some(at + 2) });
    }
    let often = most.iter().position(|s| (2..=9).contains(&s.repeat) && !s.trigger);
    if let Some(segment) = often.and_then(|at| most.get(at)) {
        let from = most.iter().position(|s| s.row == segment.row).unwrap_or(0);
        let there = most.iter().skip(from).take_while(|s| s.row == segment.row).count();
        let mut body = texts(&most);
        for _ in there..=segment.repeat as usize {
            body.insert(from, segment.text.clone());
        }
        all.push(Case { name: "repeated", body, at: Some(from + segment.repeat as usize + 2) });
    }
    for (name, wrong) in [("long", true), ("code", false)] {
        let spoiled =
            least.iter().enumerate().find_map(|(at, s)| maker.spoiled(s, wrong).map(|text| (at, text)));
        if let Some((at, text)) = spoiled {
            let mut body = texts(&least);
            body[at] = text;
            all.push(Case { name, body, at: Some(at + 2) });
        }
    }
    all
}

/// One segment made for a row.
struct Made {
    row: usize,
    text: String,
    mandatory: bool,
    repeat: u32,
    trigger: bool,
}

impl Made {
    fn tag(&self) -> &str {
        self.text.get(..3).unwrap_or_default()
    }
}

fn texts(body: &[Made]) -> Vec<String> {
    body.iter().map(|s| s.text.clone()).collect()
}

/// How often a row stands in a maximal message, where its table allows more.
const OFTEN: u32 = 9;

/// How many rows a table has, and how many of them stand as often in the maximal message as they may; the
/// others stand [`OFTEN`] times.
fn covered(message: &MessageSpec) -> (usize, usize) {
    let most = message.nodes.iter().filter(|node| node.repeat <= OFTEN).count();
    (message.nodes.len(), most)
}

struct Maker<'a> {
    directory: &'a Directory,
    message: &'a MessageSpec,
}

impl Maker<'_> {
    /// All rows but UNH and UNT.
    fn body(&self, most: bool) -> Vec<Made> {
        let mut made = Vec::new();
        self.rows(1, self.message.nodes.len() - 1, most, &mut made);
        // A message holds something, whether or not its table asks for it.
        if let Some(node) = self.message.nodes.get(1).filter(|_| made.is_empty())
            && let What::Segment(tag) = node.what
        {
            made.push(self.segment(1, node, &shown(&tag), most));
        }
        made
    }

    fn rows(&self, from: usize, until: usize, most: bool, into: &mut Vec<Made>) {
        let mut at = from;
        while let Some(node) = self.message.nodes.get(at).filter(|_| at < until) {
            let times = if most { node.repeat.min(OFTEN) } else { u32::from(node.mandatory) };
            for time in 0..times {
                match node.what {
                    // Whole once, then the least: what is in it would multiply with every level.
                    What::Group(_) => self.rows(at + 1, node.end, most && time == 0, into),
                    What::Segment(tag) => into.push(self.segment(at, node, &shown(&tag), most)),
                }
            }
            at = node.end;
        }
    }

    fn segment(&self, row: usize, node: &Node, tag: &str, most: bool) -> Made {
        let before = row.checked_sub(1).and_then(|at| self.message.nodes.get(at));
        let trigger = before.is_some_and(|b| matches!(b.what, What::Group(_)));
        let text = match (tag, self.directory.segments.get(tag)) {
            ("UNS", _) => "UNS+D".to_owned(),
            ("UGH" | "UGT", _) => format!("{tag}+1"),
            (_, Some(spec)) => self.filled(tag, &spec.elements, most),
            (_, None) => tag.to_owned(),
        };
        Made { row, text, mandatory: node.mandatory, repeat: node.repeat, trigger }
    }

    fn filled(&self, tag: &str, elements: &[Element], most: bool) -> String {
        let needed = elements.iter().any(|e| e.mandatory);
        let mut parts = vec![tag.to_owned()];
        for (at, element) in elements.iter().enumerate() {
            let wanted = most || element.mandatory || !needed && at == 0;
            let one = if wanted { self.element(element, most) } else { String::new() };
            // Syntax 3: an element that repeats stands several times.
            let times = element.repeat as usize;
            let filled = if most { times.min(2) } else { 1 };
            let last = elements.iter().skip(at + 1).any(|e| most || e.mandatory);
            for number in 0..if last { times } else { filled } {
                parts.push(if number < filled { one.clone() } else { String::new() });
            }
        }
        while parts.last().is_some_and(String::is_empty) {
            parts.pop();
        }
        parts.join("+")
    }

    fn element(&self, element: &Element, most: bool) -> String {
        let components = match &element.content {
            Content::Simple(representation) => return self.value(&element.code, *representation, most),
            Content::Composite(components) => components,
        };
        let needed = components.iter().any(|c| c.mandatory);
        let values: Vec<String> = components
            .iter()
            .enumerate()
            .map(|(at, c)| match most || c.mandatory || !needed && at == 0 {
                true => self.value(&c.code, c.representation, most),
                false => String::new(),
            })
            .collect();
        values.join(":").trim_end_matches(':').to_owned()
    }

    /// A code of the list where there is one, else characters: as many as may be, or as must.
    fn value(&self, code: &str, form: Representation, most: bool) -> String {
        let fits = |value: &&String| {
            let characters = match form.kind {
                Kind::Numeric => value.bytes().all(|b| b.is_ascii_digit()),
                Kind::Alphabetic => !value.bytes().any(|b| b.is_ascii_digit()),
                Kind::Alphanumeric => true,
            };
            let length = value.len() <= usize::from(form.length)
                && (form.variable || value.len() == usize::from(form.length));
            characters && length && value.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        if let Some(value) = self.directory.codes.get(code).and_then(|list| list.keys().find(fits)) {
            return value.clone();
        }
        let length = if most || !form.variable { usize::from(form.length) } else { 1 };
        let letter = if form.kind == Kind::Numeric { "1" } else { "A" };
        letter.repeat(length)
    }

    /// A segment with one value too long, or with a code that is in no list, where its first element can
    /// be so.
    fn spoiled(&self, made: &Made, too_long: bool) -> Option<String> {
        let spec = self.directory.segments.get(made.tag())?;
        let first = spec.elements.first()?;
        let (code, form) = match &first.content {
            Content::Simple(form) => (&first.code, *form),
            Content::Composite(components) => components.first().map(|c| (&c.code, c.representation))?,
        };
        let (head, rest) = made.text.split_at(4.min(made.text.len()));
        let end = rest.find(['+', ':']).unwrap_or(rest.len());
        let listed = self.directory.codes.get(code);
        let wrong = if too_long {
            let letter = if form.kind == Kind::Numeric { "1" } else { "A" };
            letter.repeat(usize::from(form.length) + 1)
        } else {
            let strange =
                if form.kind == Kind::Numeric { "0" } else { "Q" }.repeat(usize::from(form.length.min(6)));
            listed.filter(|list| !list.contains_key(&strange))?;
            strange
        };
        (!head.is_empty() && rest.len() >= end && end > 0).then(|| format!("{head}{wrong}{}", &rest[end..]))
    }
}

fn interchange(directory: &Directory, kind: &str, body: &[String]) -> String {
    let (version, release) = (&directory.version, &directory.release);
    let mut text =
        format!("UNB+UNOC:3+SENDER+RECIPIENT+261122:0915+1'\nUNH+1+{kind}:{version}:{release}:UN'\n");
    for segment in body {
        text.push_str(segment);
        text.push_str("'\n");
    }
    text.push_str(&format!("UNT+{}+1'\nUNZ+1+1'\n", body.len() + 2));
    text
}

fn judged(shelf: &Arc<Shelf>, text: &str) -> Report {
    let check = Checker::new(Arc::clone(shelf), Policy { codes: CodePolicy::Refuse });
    let mut reader = Reader::checking(Options::default(), Box::new(check));
    reader.push(text.as_bytes(), &mut ());
    reader.finish(&mut ())
}

/// `[code, segment]` of each error; of what is missing, the segment after the gap.
fn found(report: &Report) -> Vec<Value> {
    let each = report.findings.iter().map(|f| {
        let gap = f.code.0 == 13 && f.place.element == 0;
        json!([f.code, f.place.in_message + u64::from(gap), f.place.tag])
    });
    each.collect()
}

#[allow(clippy::print_stdout, reason = "the purpose of this program")]
fn say(line: &str) {
    println!("{line}");
}
