//! Markdown of our own documentation as HTML: headings that can be linked to, code and tables that scroll
//! by themselves and can be reached by keyboard, links from guide to guide.

use corridor_base::Lang;
use corridor_console::Markup;
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

/// A text as a page shows it.
#[derive(Debug, Default)]
pub struct Rendered {
    /// Its first heading.
    pub title: String,
    /// Its second-level headings.
    pub chapters: Vec<Chapter>,
    /// Everything below the title.
    pub html: String,
}

/// A heading that the contents lead to.
#[derive(Debug, PartialEq, Eq)]
pub struct Chapter {
    /// The anchor.
    pub id: String,
    /// The words.
    pub title: String,
}

/// Renders a text. What is HTML in it is shown as text.
pub(super) fn render(lang: Lang, text: &str) -> Rendered {
    let words = corridor_console::text(lang);
    let code = format!(
        "<div class=\"sample\" data-copy=\"{}\" data-copied=\"{}\"><pre tabindex=\"0\"><code>",
        words.get("copy"),
        words.get("copied")
    );
    let mut rendered = Rendered::default();
    let mut events = Vec::new();
    let (mut heading, mut coding) = (None, false);
    for event in Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_HEADING_ATTRIBUTES) {
        match &event {
            Event::Start(Tag::Heading { level, id, .. }) => {
                heading = Some(*level);
                if *level == HeadingLevel::H2 {
                    let id = id.as_deref().unwrap_or_default().to_owned();
                    rendered.chapters.push(Chapter { id, title: String::new() });
                }
            }
            Event::Text(words) | Event::Code(words) => match heading {
                Some(HeadingLevel::H1) => rendered.title.push_str(words),
                Some(HeadingLevel::H2) => {
                    if let Some(chapter) = rendered.chapters.last_mut() {
                        chapter.title.push_str(words);
                    }
                }
                _ => {}
            },
            _ => {}
        }
        let in_title = heading == Some(HeadingLevel::H1);
        if matches!(event, Event::End(TagEnd::Heading(_))) {
            heading = None;
        }
        match &event {
            Event::Start(Tag::CodeBlock(_)) => coding = true,
            Event::End(TagEnd::CodeBlock) => coding = false,
            _ => {}
        }
        if !in_title {
            shown(event, (coding, &code), &mut events);
        }
    }
    html::push_html(&mut rendered.html, events.into_iter());
    rendered
}

/// What an event becomes on the page; within code or not, and how a block of code begins.
fn shown<'a>(event: Event<'a>, (coding, code): (bool, &'a str), events: &mut Vec<Event<'a>>) {
    let html = |html: &'a str| Event::Html(CowStr::Borrowed(html));
    let made = |made: Markup| CowStr::from(made.as_str().to_owned());
    match event {
        // A wide block scrolls by itself, and who has no mouse must be able to scroll it.
        Event::Start(Tag::CodeBlock(_)) => events.push(html(code)),
        Event::End(TagEnd::CodeBlock) => events.push(html("</code></pre></div>\n")),
        Event::Start(Tag::Table(_)) => events.push(html(TABLE)),
        Event::End(TagEnd::Table) => events.extend([Event::End(TagEnd::Table), html("</div>\n")]),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            events.push(Event::Start(Tag::Link { link_type, dest_url: led(dest_url), title, id }));
        }
        Event::Text(text) if coding => events.push(Event::Html(made(Markup::command(&text)))),
        Event::Code(text) => events.push(Event::InlineHtml(made(Markup::typed(&text)))),
        Event::Html(raw) | Event::InlineHtml(raw) => events.push(Event::Text(raw)),
        other => events.push(other),
    }
}

/// A wide block scrolls by itself, and who has no mouse must be able to scroll it.
const TABLE: &str = "<div class=\"table-wrap\" tabindex=\"0\"><table class=\"table plain\">";

/// A link to another guide leads to its page.
fn led(destination: CowStr<'_>) -> CowStr<'_> {
    let (file, anchor) = destination.split_once('#').map_or((&*destination, None), |(f, a)| (f, Some(a)));
    let Some(name) = file.strip_suffix(".md").filter(|name| !name.contains('/')) else { return destination };
    let anchor = anchor.map(|a| format!("#{a}")).unwrap_or_default();
    CowStr::from(format!("{}/{name}{anchor}", super::HELP))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        assert_eq!(render(Lang::En, text).html.trim_end(), expect, "{text}");
    }

    #[test]
    fn text_becomes_a_page() {
        check("# Title\n\nOne & `two`.", "<p>One &amp; <code class=\"whole\">two</code>.</p>");
        check("## First {#first}", "<h2 id=\"first\">First</h2>");
        check(
            "```sh\na < b\n```",
            "<div class=\"sample\" data-copy=\"Copy\" data-copied=\"Copied\"><pre tabindex=\"0\"><code>a &lt; b\n</code></pre></div>",
        );
        check("`a b --c`", "<p><code>a b --c</code></p>");
        check(
            "```sh\na --b <c>\n```",
            "<div class=\"sample\" data-copy=\"Copy\" data-copied=\"Copied\"><pre tabindex=\"0\"><code>a <span class=\"whole\">--b</span> &lt;c&gt;\n</code></pre></div>",
        );
        check("[b](b.md#c)", "<p><a href=\"/console/help/b#c\">b</a></p>");
        check("[b](https://b.example/c.md)", "<p><a href=\"https://b.example/c.md\">b</a></p>");
        check("a <script>b</script>", "<p>a &lt;script&gt;b&lt;/script&gt;</p>");
        let page = render(Lang::En, "# A `b`\n\n## C d {#c}\n\nx\n\n### E {#e}\n");
        assert_eq!(page.title, "A b");
        assert_eq!(page.chapters, [Chapter { id: "c".to_owned(), title: "C d".to_owned() }]);
    }
}
