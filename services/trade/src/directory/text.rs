//! The text of directory files: the characters of DOS, lines, and sections between ruled lines.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;

/// The most bytes of one file.
const LONGEST: usize = 32 << 20;

/// The upper half of code page 437, in which the directories were written for DOS. Lines of boxes are
/// given as `-`, `|` and `+`: newer directories are ruled with these.
const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓|++++++|+++++++++-++++++++-+++++++++++++█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// The lines of a file.
pub(super) fn lines(bytes: &[u8]) -> Vec<String> {
    let bytes = bytes.get(..LONGEST).unwrap_or(bytes);
    let text: Cow<'_, str> = match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        // Ruled lines of DOS, or a page of Windows.
        Err(_) if bytes.windows(3).any(|w| matches!(w, [0xc4, 0xc4, 0xc4])) => cp437(bytes).into(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    };
    text.lines().map(|line| line.trim_end().to_owned()).collect()
}

fn cp437(bytes: &[u8]) -> String {
    let upper: Vec<char> = CP437.chars().collect();
    let char_of = |b: &u8| match b.checked_sub(0x80) {
        None => char::from(*b),
        Some(at) => upper.get(usize::from(at)).copied().unwrap_or('?'),
    };
    bytes.iter().map(char_of).collect()
}

/// Some lines of a file, and the number of the first.
pub(super) struct Section<'a> {
    pub(super) first: usize,
    pub(super) lines: &'a [String],
}

/// What stands between ruled lines.
pub(super) fn sections(lines: &[String]) -> Vec<Section<'_>> {
    let ruled = |line: &String| line.len() >= 40 && line.bytes().all(|b| b == b'-');
    let mut found = Vec::new();
    let mut first = 0;
    for (at, line) in lines.iter().enumerate() {
        if ruled(line) {
            found.push(Section { first: first + 1, lines: lines.get(first..at).unwrap_or_default() });
            first = at + 1;
        }
    }
    found.push(Section { first: first + 1, lines: lines.get(first..).unwrap_or_default() });
    // What stands before the first ruled line is a preface.
    found.drain(..1);
    found
}

/// Where a line begins, in characters.
pub(super) fn indent(line: &str) -> usize {
    line.chars().take_while(|c| *c == ' ').count()
}

/// Whether a word marks a change: `+`, `*`, `#`, `|`, `X`, `-`, one or several of them.
pub(super) fn is_mark(word: &str) -> bool {
    word.len() <= 4 && word.chars().all(|c| matches!(c, '+' | '*' | '#' | '|' | 'X' | '-' | '¦'))
}

/// `ADR  ADDRESS` at the head of a section, with marks before it and the name on several lines: the
/// code, the name, and how many lines that took.
pub(super) fn heading(section: &Section<'_>) -> Option<(String, String, usize)> {
    let at = section.lines.iter().position(|line| !line.is_empty())?;
    let head = section.lines.get(at)?;
    let mut words = head.split_whitespace().skip_while(|word| is_mark(word));
    let code = words.next()?.to_owned();
    let mut name: Vec<&str> = words.collect();
    let mut used = at + 1;
    for line in section.lines.get(used..)?.iter().take_while(|line| !line.is_empty()) {
        name.extend(line.split_whitespace());
        used += 1;
    }
    // Newer directories say where it is used: batch, interactive or both.
    if name.last().is_some_and(|word| matches!(*word, "[B]" | "[I]" | "[C]")) {
        name.pop();
    }
    Some((code, name.join(" "), used))
}

/// The text after a label (`Function:`), up to an empty line.
pub(super) fn labelled(section: &Section<'_>, label: &str) -> Option<String> {
    let mut lines = section.lines.iter().skip_while(|line| !line.trim_start().starts_with(label));
    let first = lines.next()?.trim_start().strip_prefix(label)?.to_owned();
    let more = lines.take_while(|line| !line.is_empty());
    let words: Vec<&str> =
        first.split_whitespace().chain(more.flat_map(|line| line.split_whitespace())).collect();
    Some(words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_page_437_is_whole() {
        assert_eq!(CP437.chars().count(), 128);
        assert_eq!(lines(b"\xc4\xc4\xc4\xbf\r\nM\x81ller \xb3"), ["---+", "Müller |"]);
        assert_eq!(lines("a\r\n日本".as_bytes()), ["a", "日本"]);
        assert_eq!(lines(b"caf\xe9"), ["café"]);
    }

    #[test]
    fn sections_begin_after_a_ruled_line() {
        let rule = "-".repeat(70);
        let text = format!(
            "preface\n{rule}\n\n   *  ABC  LONG\n        NAME\n\n      Function: to\n      be.\n\n{rule}\n"
        );
        let lines = lines(text.as_bytes());
        let sections = sections(&lines);
        assert_eq!(sections.len(), 2);
        assert_eq!(heading(&sections[0]), Some(("ABC".into(), "LONG NAME".into(), 3)));
        assert_eq!(labelled(&sections[0], "Function:").as_deref(), Some("to be."));
        assert_eq!(heading(&sections[1]), None);
    }
}
