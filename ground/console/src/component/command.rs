//! The same thing as a command: beside what a page shows or does stands how to do it on the command line
//! and over HTTP, so that whoever has done it once can let a program do it.

use askama::Template;
use askama::filters::HtmlSafe;

use super::Sample;
use crate::{Markup, Viewer};

/// What a page does, as commands.
#[derive(Clone, Debug, Template)]
#[template(
    source = "<details class=\"command\"><summary>{{ super::Icon::Command }}{{ title }}</summary><div>{{ cli }}{{ curl }}</div></details>",
    ext = "html"
)]
pub struct Command {
    title: String,
    cli: Sample,
    curl: Sample,
}

impl Command {
    /// The line of `corridor` (without its name), and method, path and body of the API.
    #[must_use]
    pub fn new(viewer: &Viewer, cli: &str, method: &str, path: &str, body: Option<&str>) -> Self {
        let t = viewer.text();
        let verb = if method == "GET" { String::new() } else { format!(" -X {method}") };
        let data = body.map(|body| format!(" \\\n  {body}")).unwrap_or_default();
        let curl = format!(
            "curl -sS{verb} \"$CORRIDOR_URL{path}\" \\\n  -H \"Authorization: Bearer $CORRIDOR_TOKEN\"{data}"
        );
        Self {
            title: t.get("command-title").into(),
            cli: Sample::new(viewer, t.get("command-cli"), format!("corridor {cli}")),
            curl: Sample::new(viewer, t.get("command-curl"), curl),
        }
    }
}

impl HtmlSafe for Command {}

impl From<Command> for Markup {
    fn from(command: Command) -> Self {
        Self::of(&command)
    }
}

/// A word as a shell takes it literally (POSIX, 2.2.2).
#[must_use]
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_a_word_literally() {
        let check = |word: &str, expect: &str| assert_eq!(quoted(word), expect);
        check("did:web:localhost%3A1:a", "did:web:localhost%3A1:a");
        check("", "''");
        check("a b", "'a b'");
        check("$(rm) 'x'", r"'$(rm) '\''x'\'''");
    }
}
