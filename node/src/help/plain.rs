//! An error explained to partners. The type of a problem that the gate answers leads here too: one page for all
//! readers, in the three languages at once, with nothing of the console around it.

use askama::Template;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue};
use axum::response::{Html, IntoResponse, Response};
use corridor_base::{ErrorCode, Lang, Problem};
use corridor_console::secure::secure;
use corridor_net::Refusal;

use super::errors::{Explained, explained};
use crate::texts::say;

#[derive(Template)]
#[template(
    source = "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{{ code }} | Corridor</title></head><body><main><h1>{{ code }} ({{ status }})</h1>{% for (lang, text, happened, remedy) in texts %}<section lang=\"{{ lang }}\"><h2>{{ text.title }}</h2><h3>{{ happened }}</h3><p>{{ text.happened }}</p><h3>{{ remedy }}</h3><p>{{ text.remedy }}</p></section>{% endfor %}</main></body></html>",
    ext = "html"
)]
struct Sheet {
    code: &'static str,
    status: u16,
    texts: Vec<(Lang, Explained, String, String)>,
}

/// `GET /console/help/errors/{code}` on the public listener.
pub(crate) async fn error(Path(name): Path<String>) -> Result<Response, Refusal> {
    let name: String = name.chars().take(100).collect();
    let code =
        ErrorCode::parse(&name).ok_or_else(|| Problem::new(ErrorCode::NotFound).with("what", &name))?;
    let word = |lang: Lang, key: &str| say(lang, key, &[]);
    let text = |lang: &Lang| {
        let (happened, remedy) = (word(*lang, "help-happened"), word(*lang, "help-remedy"));
        (*lang, explained(*lang, code), happened, remedy)
    };
    let texts = [Lang::Ja, Lang::Ko, Lang::En].iter().map(text).collect();
    let sheet = Sheet { code: code.as_str(), status: code.status(), texts };
    let html = sheet.render().map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
    let mut response = Html(html).into_response();
    let headers = response.headers_mut();
    secure(headers);
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    Ok(response)
}
