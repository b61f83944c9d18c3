//! Text that is safe to stand in a page: escaped when it came from outside, or rendered by a template.

use std::fmt;

use askama::filters::HtmlSafe;
use corridor_base::html::escape;

/// HTML. It can only be made by escaping text or by rendering a template, which escapes; so that what a
/// partner wrote never becomes markup, however it is put together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Markup(String);

/// What is longer than this many characters may be broken over lines: a phone shows no more of it in one.
const WHOLE: usize = 24;

impl Markup {
    /// Nothing.
    #[must_use]
    pub const fn none() -> Self {
        Self(String::new())
    }

    /// Text, escaped.
    #[must_use]
    pub fn text(text: impl fmt::Display) -> Self {
        Self(escape(&text.to_string()))
    }

    /// What a template renders. A template that fails renders nothing: it writes to memory, and the
    /// values it shows do not fail to be shown.
    #[must_use]
    pub fn of(template: &impl askama::Template) -> Self {
        Self(template.render().unwrap_or_default())
    }

    /// One after another.
    #[must_use]
    pub fn join(parts: impl IntoIterator<Item = Self>) -> Self {
        Self(parts.into_iter().map(|part| part.0).collect())
    }

    /// This, and more after it.
    #[must_use]
    pub fn and(mut self, more: impl Into<Self>) -> Self {
        self.0.push_str(&more.into().0);
        self
    }

    /// A link with this text.
    #[must_use]
    pub fn link(href: &str, text: impl fmt::Display) -> Self {
        Self(format!("<a href=\"{}\">{}</a>", Self::text(href), Self::text(text)))
    }

    /// A paragraph of text.
    #[must_use]
    pub fn paragraph(text: impl fmt::Display) -> Self {
        Self(format!("<p>{}</p>", Self::text(text)))
    }

    /// Text whose characters all count and have one width: an identifier, a digest, an address.
    #[must_use]
    pub fn code(text: impl fmt::Display) -> Self {
        Self(format!("<code>{}</code>", Self::text(text)))
    }

    /// A long name that is made of parts, like an address: a line may end after a slash, and not in a word.
    #[must_use]
    pub fn path(text: impl fmt::Display) -> Self {
        Self(Self::text(text).0.replace('/', "/<wbr>"))
    }

    /// A command to be copied: a line does not end in the middle of an option, behind one of its hyphens.
    #[must_use]
    pub fn command(text: &str) -> Self {
        let whole = |word: &str| word.starts_with('-') && word.chars().count() <= WHOLE;
        let words = text.split_inclusive(char::is_whitespace).map(|word| {
            let bare = word.trim_end();
            let (shown, rest) = (Self::text(bare).0, word.get(bare.len()..).unwrap_or_default());
            if whole(bare) { format!("<span class=\"whole\">{shown}</span>{rest}") } else { shown + rest }
        });
        Self(words.collect())
    }

    /// Something short that is typed as it stands, among words: it is not broken over two lines.
    #[must_use]
    pub fn typed(text: &str) -> Self {
        let short = text.chars().count() <= WHOLE && !text.contains(char::is_whitespace);
        if short {
            Self(format!("<code class=\"whole\">{}</code>", Self::text(text)))
        } else {
            Self::code(text)
        }
    }

    /// Several things below each other in one cell or fact.
    #[must_use]
    pub fn lines(parts: impl IntoIterator<Item = Self>) -> Self {
        let line = |part: Self| format!("<span class=\"line\">{}</span>", part.0);
        Self(parts.into_iter().map(line).collect())
    }

    /// Text of secondary weight.
    #[must_use]
    pub fn quiet(text: impl fmt::Display) -> Self {
        Self(format!("<span class=\"quiet\">{}</span>", Self::text(text)))
    }

    /// Text in another language than the page.
    #[must_use]
    pub fn foreign(lang: corridor_base::Lang, text: impl fmt::Display) -> Self {
        Self(format!("<span lang=\"{}\">{}</span>", lang.tag(), Self::text(text)))
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The HTML.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The HTML, taken out.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Markup {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_never_becomes_markup() {
        let check = |text: &str, expect: &str| assert_eq!(Markup::text(text).as_str(), expect);
        check("<script>alert('x')</script>", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
        check("a & b", "a &amp; b");
        check("\" onmouseover=\"x", "&quot; onmouseover=&quot;x");
        check("税関 세관", "税関 세관");
        assert_eq!(Markup::path("a.example/<b>").as_str(), "a.example/<wbr>&lt;b&gt;");
        let check = |text: &str, expect: &str| assert_eq!(Markup::command(text).as_str(), expect);
        check(
            "a --b <c>\n-d",
            "a <span class=\"whole\">--b</span> &lt;c&gt;\n<span class=\"whole\">-d</span>",
        );
        check(&format!("-{}", "é".repeat(24)), &format!("-{}", "é".repeat(24)));
        assert_eq!(Markup::typed("--<b>").as_str(), "<code class=\"whole\">--&lt;b&gt;</code>");
        assert_eq!(Markup::typed("a b").as_str(), "<code>a b</code>");
        let link = Markup::link("\"><script>", "<b>");
        assert_eq!(link.as_str(), "<a href=\"&quot;&gt;&lt;script&gt;\">&lt;b&gt;</a>");
    }
}
