//! Text that is safe to stand in a page: escaped when it came from outside, or rendered by a template.

use std::fmt;

use askama::filters::HtmlSafe;
use corridor_base::html::escape;

/// HTML. It can only be made by escaping text or by rendering a template, which escapes; so that what a
/// partner wrote never becomes markup, however it is put together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Markup(String);

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
        let link = Markup::link("\"><script>", "<b>");
        assert_eq!(link.as_str(), "<a href=\"&quot;&gt;&lt;script&gt;\">&lt;b&gt;</a>");
    }
}
