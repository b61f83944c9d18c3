//! The pages of the help: contents, guides, errors.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use corridor_base::{ErrorCode, Lang, Problem};
use corridor_console::component::{Column, Empty, Facts, Icon, Row, Table};
use corridor_console::{Markup, Page, Viewer};

use super::guide::{self, Guide};
use super::{HELP, errors};
use crate::api::problem::Answer;
use crate::texts::say;

/// What there is to read.
pub(crate) async fn index(viewer: Viewer) -> Response {
    let lang = viewer.lang();
    let contents = Contents {
        guides: guide::all(lang),
        title: word(lang, "guides"),
        errors: word(lang, "errors"),
        errors_lead: word(lang, "errors-lead"),
        errors_all: word(lang, "errors-all"),
    };
    Page::new(word(lang, "title"), Markup::of(&contents)).lead(word(lang, "lead")).answer(&viewer)
}

/// One guide.
pub(crate) async fn guide(viewer: Viewer, Path(name): Path<String>) -> Answer<Response> {
    let lang = viewer.lang();
    let guide = guide::find(lang, &name).ok_or_else(|| unknown(&name))?;
    let article = Article { contents: word(lang, "contents"), guide };
    let page = Page::new(&guide.page.title, Markup::of(&article)).below(word(lang, "title"), HELP);
    Ok(page.answer(&viewer))
}

/// All errors.
pub(crate) async fn all_errors(viewer: Viewer) -> Response {
    let lang = viewer.lang();
    let row = |code: &ErrorCode| {
        let link = Markup::link(&code.page(), code);
        let title = errors::explained(lang, *code).title;
        Row(vec![link, Markup::text(title), Markup::text(code.status())])
    };
    let table = Table {
        caption: word(lang, "errors-lead"),
        columns: vec![
            Column::new(word(lang, "code")),
            Column::new(word(lang, "happened")),
            Column::number(word(lang, "status")),
        ],
        rows: ErrorCode::ALL.iter().map(row).collect(),
        empty: Empty::new(Icon::Help, "", ""),
        paging: None,
    };
    Page::new(word(lang, "errors"), table).below(word(lang, "title"), HELP).answer(&viewer)
}

/// One error.
pub(crate) async fn error(viewer: Viewer, Path(code): Path<String>) -> Answer<Response> {
    let lang = viewer.lang();
    let code = ErrorCode::parse(&code).ok_or_else(|| unknown(&code))?;
    let text = errors::explained(lang, code);
    let facts = Facts::new()
        .fact(word(lang, "happened"), spoken(&text.happened))
        .fact(word(lang, "remedy"), spoken(&text.remedy))
        .fact(word(lang, "code"), Markup::code(code))
        .text(word(lang, "status"), code.status());
    let note = if text.happened.contains('[') { word(lang, "in-general") } else { String::new() };
    let page = Page::new(text.title, Markup::of(&Explanation { facts, note }))
        .lead(say(lang, "help-error", &[("code", code.as_str())]))
        .below(word(lang, "title"), HELP)
        .below(word(lang, "errors"), format!("{HELP}/errors"));
    Ok(page.answer(&viewer))
}

fn unknown(name: &str) -> Problem {
    Problem::new(ErrorCode::NotFound).with("what", name)
}

fn word(lang: Lang, key: &str) -> String {
    say(lang, &format!("help-{key}"), &[])
}

/// A text of the table of errors: what stands between backticks in it is typed as it stands.
fn spoken(text: &str) -> Markup {
    let parts = text.split('`').enumerate();
    Markup::join(parts.map(|(at, part)| if at % 2 == 1 { Markup::typed(part) } else { Markup::text(part) }))
}

#[derive(Template)]
#[template(
    source = "<section><h2>{{ title }}</h2><ul class=\"cards\">{% for guide in guides %}<li class=\"count\"><a href=\"{{ HELP }}/{{ guide.name }}\">{{ guide.page.title }}</a>{% for chapter in guide.page.chapters %}<span class=\"hint\">{{ chapter.title }}</span>{% endfor %}</li>{% endfor %}</ul></section><section><h2>{{ errors }}</h2><p>{{ errors_lead }}</p><p><a href=\"{{ HELP }}/errors\">{{ errors_all }}</a></p></section>",
    ext = "html"
)]
struct Contents<'a> {
    guides: &'a [Guide],
    title: String,
    errors: String,
    errors_lead: String,
    errors_all: String,
}

#[derive(Template)]
#[template(
    source = "<nav class=\"contents card\" aria-label=\"{{ contents }}\"><p class=\"nav-title\">{{ contents }}</p><ul>{% for chapter in guide.page.chapters %}<li><a href=\"#{{ chapter.id }}\">{{ chapter.title }}</a></li>{% endfor %}</ul></nav><article class=\"prose\">{{ guide.page.html|safe }}</article>",
    ext = "html"
)]
struct Article<'a> {
    contents: String,
    guide: &'a Guide,
}

#[derive(Template)]
#[template(
    source = "<section class=\"card\">{{ facts }}</section>{% if !note.is_empty() %}<p class=\"hint\">{{ note }}</p>{% endif %}",
    ext = "html"
)]
struct Explanation {
    facts: Facts,
    note: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_shown_so() {
        let check = |text: &str, expect: &str| assert_eq!(spoken(text).as_str(), expect);
        check("run `corridor <x>` now", "run <code>corridor &lt;x&gt;</code> now");
        check("plain", "plain");
        check("`a", "<code class=\"whole\">a</code>");
    }
}
