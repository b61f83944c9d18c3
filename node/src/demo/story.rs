//! Tells the story: numbered steps in the reader's language, quotations indented, and where to look
//! when it is over.

use corridor_base::Lang;

use super::stage::Place;
use crate::texts::say;

/// The teller.
pub(super) struct Story {
    lang: Lang,
    json: bool,
    step: u32,
    last: String,
}

impl Story {
    pub(super) fn new(lang: Lang, json: bool) -> Self {
        Self { lang, json, step: 0, last: String::new() }
    }

    pub(super) fn title(&mut self) {
        let title = say(self.lang, "demo-title", &[]);
        self.line(&title);
        self.line(&"═".repeat(title.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()));
    }

    /// The next step.
    pub(super) fn say(&mut self, key: &str, args: &[(&str, &str)]) {
        self.step += 1;
        let text = say(self.lang, key, args);
        self.last = format!("{}. {text}", self.step);
        if self.json {
            let line = serde_json::json!({ "step": self.step, "key": key, "text": text });
            self.print(&line.to_string());
        } else {
            self.print(&format!("{:>2}. {text}", self.step));
        }
    }

    /// One word of ours.
    pub(super) fn word(&self, key: &str) -> String {
        say(self.lang, key, &[])
    }

    /// A country's name.
    pub(super) fn country(&self, code: &str) -> String {
        self.word(&format!("demo-country-{code}"))
    }

    /// What was read, as it was read.
    pub(super) fn quote<'a>(&self, lines: impl IntoIterator<Item = &'a str>) {
        for line in lines {
            self.line(&format!("      │ {line}"));
        }
    }

    /// Where to look while the nodes go on running.
    pub(super) fn look(&self, places: &[Place; 2]) {
        self.line("");
        self.line(&self.word("demo-look"));
        for place in places {
            self.line(&format!("  {}", place.shown(self.lang)));
            self.line(&format!("      {}", say(self.lang, "demo-console", &[("link", place.link())])));
            for address in place.addresses() {
                self.line(&format!("      {address}"));
            }
            for verb in ["inbox list", "trade list", "act list", "doctor"] {
                self.line(&format!("      {} {verb}", place.ask()));
            }
        }
        self.line("");
        self.line(&self.word("demo-stop"));
    }

    /// Says after which step it failed; the problem itself is said by the command line.
    pub(super) fn failed(&self) {
        let text = say(self.lang, "demo-failed", &[("step", &self.last)]);
        let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("{text}\n").as_bytes());
    }

    fn line(&self, text: &str) {
        if !self.json {
            self.print(text);
        }
    }

    fn print(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        // Nobody reads any more (a closed pipe): the story goes on all the same.
        let _ = std::io::Write::write_all(&mut out, format!("{text}\n").as_bytes());
        let _ = std::io::Write::flush(&mut out);
    }
}
