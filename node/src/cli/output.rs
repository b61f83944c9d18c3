//! How answers and problems look on a terminal: tables and facts for people, JSON for programs,
//! nothing that a partner could have put there to steer the terminal.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use corridor_base::{Lang, Problem};
use serde::Serialize;
use serde_json::Value;

use crate::texts::{say, texts};

/// Where a command speaks.
pub(super) struct Terminal {
    lang: Lang,
    json: bool,
}

impl Terminal {
    pub(super) fn new(lang: Lang, json: bool) -> Self {
        Self { lang, json }
    }

    /// Whether programs read what is said.
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// Writes text as it is to standard output. That nobody reads it any more (a closed pipe) is
    /// no error of ours.
    pub(super) fn raw(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(text.as_bytes());
        let _ = out.flush();
    }

    pub(super) fn line(&self, text: &str) {
        self.raw(&format!("{}\n", plain(text)));
    }

    /// A sentence of ours; left out when programs read.
    pub(super) fn say(&self, key: &str, args: &[(&str, &str)]) {
        if !self.json {
            self.line(&say(self.lang, key, args));
        }
    }

    /// What was done: a sentence for people, the answer itself for programs.
    pub(super) fn did(&self, key: &str, args: &[(&str, &str)], answer: &Value) {
        self.say(key, args);
        if self.json {
            self.json(answer);
        }
    }

    pub(super) fn json(&self, value: &impl Serialize) {
        let text = serde_json::to_string_pretty(value).unwrap_or_default();
        self.raw(&format!("{text}\n"));
    }

    /// One line of JSON, for streams.
    pub(super) fn json_line(&self, value: &impl Serialize) {
        let text = serde_json::to_string(value).unwrap_or_default();
        self.raw(&format!("{text}\n"));
    }

    /// Facts about one thing: those fields of the answer that it has.
    pub(super) fn facts(&self, answer: &Value, fields: &[&str]) {
        if self.json {
            return self.json(answer);
        }
        let shown: Vec<(String, String)> = fields
            .iter()
            .map(|f| (self.label(f), self.cell(answer, f)))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let widest = shown.iter().map(|(label, _)| width(label)).max().unwrap_or(0);
        for (label, value) in shown {
            self.line(&format!("{}  {value}", padded(&label, widest)));
        }
    }

    /// The items of an answer as a table of these fields.
    pub(super) fn table(&self, answer: &Value, fields: &[&str]) {
        if self.json {
            return self.json(answer);
        }
        let items = answer.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if items.is_empty() {
            return self.say("none", &[]);
        }
        let mut rows = vec![fields.iter().map(|f| self.label(f)).collect::<Vec<_>>()];
        rows.extend(items.iter().map(|item| fields.iter().map(|f| self.cell(item, f)).collect()));
        let widths: Vec<usize> = (0..fields.len())
            .map(|i| rows.iter().filter_map(|r| r.get(i)).map(|c| width(c)).max().unwrap_or(0))
            .collect();
        for row in rows {
            let cells: Vec<String> = row.iter().zip(&widths).map(|(c, w)| padded(c, *w)).collect();
            self.line(cells.join("  ").trim_end());
        }
        if let Some(next) = answer.get("next").and_then(Value::as_str) {
            self.say("more", &[("value", next)]);
        }
    }

    fn label(&self, field: &str) -> String {
        say(self.lang, &format!("field-{field}"), &[])
    }

    /// A value for people: words of ours in their language, names in their language, the rest as it
    /// is.
    fn cell(&self, item: &Value, field: &str) -> String {
        match item.get(field) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => self.word(field, text),
            Some(Value::Bool(yes)) => say(self.lang, if *yes { "yes" } else { "no" }, &[]),
            Some(Value::Object(names)) if names.contains_key(self.lang.tag()) => {
                names.get(self.lang.tag()).and_then(Value::as_str).map(plain).unwrap_or_default()
            }
            Some(Value::Object(problem)) if problem.contains_key("code") => self.problem_cell(problem),
            Some(Value::Array(list)) => {
                let texts = list.iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned));
                plain(&texts.collect::<Vec<_>>().join(", "))
            }
            Some(other) => plain(&other.to_string()),
        }
    }

    fn word(&self, field: &str, text: &str) -> String {
        let key = format!("word-{text}");
        let worded = matches!(field, "state" | "standing" | "status" | "role" | "side" | "verb");
        if worded && texts().has(self.lang, &key) { say(self.lang, &key, &[]) } else { plain(text) }
    }

    fn problem_cell(&self, problem: &serde_json::Map<String, Value>) -> String {
        let document = serde_json::from_value(Value::Object(problem.clone())).ok();
        let known = document.as_ref().and_then(Problem::from_document);
        match known {
            Some(problem) => {
                let text = problem.text(self.lang);
                plain(&format!("{}: {} {}", text.title, text.detail, text.remedy))
            }
            None => problem.get("detail").and_then(Value::as_str).map(plain).unwrap_or_default(),
        }
    }

    /// A problem on standard error: title, detail, remedy; as a document for programs.
    pub(super) fn problem(&self, problem: &Problem) {
        let mut err = std::io::stderr().lock();
        if self.json {
            let text = serde_json::to_string(&problem.document(self.lang)).unwrap_or_default();
            let _ = writeln!(err, "{text}");
            return;
        }
        let text = problem.text(self.lang);
        let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let title = plain(&text.title);
        let title = if colour { format!("\u{1b}[1;31m{title}\u{1b}[0m") } else { title };
        let _ = writeln!(err, "{title}\n  {}\n  {}", plain(&text.detail), plain(&text.remedy));
    }

    /// A sentence on standard error, for people who wait or should know.
    pub(super) fn note(&self, key: &str, args: &[(&str, &str)]) {
        let text = say(self.lang, key, args);
        let _ = writeln!(std::io::stderr().lock(), "{}", plain(&text));
    }

    /// Progress on standard error, once a second has passed.
    pub(super) fn progress(&self) -> Progress {
        Progress { began: Instant::now(), said: None, on_terminal: std::io::stderr().is_terminal() }
    }
}

/// How far something has come, said now and then.
pub(super) struct Progress {
    began: Instant,
    said: Option<Instant>,
    on_terminal: bool,
}

impl Progress {
    /// Says it, when it is time to.
    pub(super) fn at(&mut self, text: &str) {
        let pause = Duration::from_millis(if self.on_terminal { 200 } else { 5000 });
        let due = match self.said {
            None => self.began.elapsed() >= Duration::from_secs(1),
            Some(said) => said.elapsed() >= pause,
        };
        if !due {
            return;
        }
        self.said = Some(Instant::now());
        let mut err = std::io::stderr().lock();
        let _ = if self.on_terminal {
            write!(err, "\r\u{1b}[K{}", plain(text))
        } else {
            writeln!(err, "{}", plain(text))
        };
        let _ = err.flush();
    }

    /// Clears the line.
    pub(super) fn end(&self) {
        if self.on_terminal && self.said.is_some() {
            let _ = write!(std::io::stderr().lock(), "\r\u{1b}[K");
        }
    }
}

/// Bytes for people: `12.3 MiB`.
pub(super) fn bytes(count: u64) -> String {
    const UNITS: &[&str] = &["B", "KiB", "MiB", "GiB", "TiB"];
    let (mut whole, mut rest, mut unit) = (count, 0, 0);
    while whole >= 1024 && unit + 1 < UNITS.len() {
        rest = whole % 1024 * 10 / 1024;
        whole /= 1024;
        unit += 1;
    }
    let name = UNITS.get(unit).copied().unwrap_or_default();
    if unit == 0 { format!("{whole} {name}") } else { format!("{whole}.{rest} {name}") }
}

/// Without control characters: names come from partners, and a terminal obeys.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn padded(text: &str, to: usize) -> String {
    format!("{text}{}", " ".repeat(to.saturating_sub(width(text))))
}

/// Columns on a terminal: East Asian wide characters (Unicode TR 11) take two.
fn width(text: &str) -> usize {
    let wide = |c: char| {
        matches!(u32::from(c), 0x1100..=0x115f | 0x2e80..=0x303e | 0x3041..=0xa4cf | 0xac00..=0xd7a3
            | 0xf900..=0xfaff | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1faff | 0x20000..=0x3fffd)
    };
    text.chars().map(|c| if wide(c) { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_in_their_unit() {
        let check = |count: u64, expect: &str| assert_eq!(bytes(count), expect);
        check(0, "0 B");
        check(1023, "1023 B");
        check(1536, "1.5 KiB");
        check(1 << 30, "1.0 GiB");
        check(u64::MAX, "16777215.9 TiB");
    }

    /// The texts in the last list that a call of a table or of facts is given, or that stands under such a name.
    fn labels(source: &str) -> Vec<String> {
        let (begins, list) = ([".table(", ".facts(", "let fields = ", "let columns = "], ["&[", "["]);
        let mut found = Vec::new();
        for begin in begins {
            for rest in source.split(begin).skip(1) {
                let call = rest.split(';').next().unwrap();
                let last = list.iter().find_map(|open| call.rsplit_once(open)).map(|(_, last)| last);
                let Some((list, behind)) = last.and_then(|last| last.split_once(']')) else { continue };
                let behind = behind.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
                if behind.is_empty() || behind.starts_with(')') {
                    found.extend(list.split('"').skip(1).step_by(2).map(str::to_owned));
                }
            }
        }
        found
    }

    /// A column without a name would be shown by its key.
    #[test]
    fn every_column_has_its_name() {
        let mut folders = vec![std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/cli")];
        let mut names = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let source = std::fs::read_to_string(&path).unwrap();
                for label in labels(source.split("mod tests").next().unwrap()) {
                    names += 1;
                    let shown = say(Lang::En, &format!("field-{label}"), &[]);
                    assert!(!shown.starts_with('?'), "{}: {label}", path.display());
                }
            }
        }
        assert!(names > 200, "{names}");
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(width("税関 a"), 6);
        assert_eq!(padded("세관", 6), "세관  ");
    }

    #[test]
    fn a_terminal_is_not_steered() {
        assert_eq!(plain("a\u{1b}[2Jb\u{9b}c\n"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}");
    }
}
