//! Text that is to stand in HTML. One function for all pages, of whatever crate, so that what a partner wrote becomes
//! markup in none of them.

/// The text with the five characters that mean something in HTML as references, so that it is the same text as the
/// content of an element and as the value of an attribute in quotation marks.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_never_becomes_markup() {
        let check = |text: &str, expect: &str| assert_eq!(escape(text), expect, "{text}");
        check("", "");
        check("<script>alert('x')</script>", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
        check("\" onmouseover=\"x", "&quot; onmouseover=&quot;x");
        check("a & b", "a &amp; b");
        // What looks escaped already is text as well.
        check("&lt;", "&amp;lt;");
        check("税関\n세관\0", "税関\n세관\0");
    }
}
