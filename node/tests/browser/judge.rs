//! What is asked of every page: it is light, whole, in the reader's language, usable by those who cannot see
//! or point, and nothing of it is refused or breaks.

use std::path::PathBuf;

use corridor_base::Lang;
use serde_json::Value;

use super::driver::Browser;

/// The most that a page may weigh, compressed, over the wire (a quarter of a second at 256 kbit/s is 8 KB).
const BYTES: u64 = 100 * 1024;
/// The most requests that it may take. The stream by which an open page hears of changes is none of them: it
/// is opened once the page is there.
const REQUESTS: usize = 5;
/// A phone and a desk.
pub(crate) const WIDTHS: [u32; 2] = [390, 1280];

/// How axe is run: everything it knows in the light, and what depends on colour again in the dark.
pub(crate) const ALL: &str = "{ resultTypes: ['violations'] }";
const COLOUR: &str = "{ resultTypes: ['violations'], runOnly: ['cat.color'] }";

/// Puts axe into every page that is opened from now on.
pub(crate) fn bring_axe(browser: &Browser) {
    let path = std::env::var("CORRIDOR_TEST_AXE").expect("cargo xtask browser says where axe is");
    let source = std::fs::read_to_string(&path).unwrap();
    browser.chromium("Page.enable", serde_json::json!({}));
    browser.chromium("Page.addScriptToEvaluateOnNewDocument", serde_json::json!({ "source": source }));
}

/// Opens a page in both widths, in the light and in the dark, and says what is wrong with it. Its title
/// comes back too.
pub(crate) fn judge(
    browser: &Browser,
    lang: Lang,
    site: &str,
    (rule, path): (&str, &str),
) -> (String, Vec<String>) {
    look(browser, lang, (rule, path), || browser.go(&format!("{site}{path}")))
}

/// The same of the page that answers when the form at this address is sent with this in a field.
pub(crate) fn judge_answer(
    browser: &Browser,
    lang: Lang,
    site: &str,
    (rule, path): (&str, &str),
    (field, value): (&str, &str),
) -> (String, Vec<String>) {
    look(browser, lang, (rule, path), || {
        browser.go(&format!("{site}{path}"));
        let before = browser.title();
        browser.find(&format!("main [id='{field}']")).write(value);
        let _ = browser.weight();
        browser.find("main form button.main").click();
        browser.until("the answer", || browser.title() != before);
    })
}

fn look(browser: &Browser, lang: Lang, (rule, path): (&str, &str), open: impl Fn()) -> (String, Vec<String>) {
    let mut wrong = Vec::new();
    let [phone, desk] = WIDTHS;
    browser.size(desk, 900);
    browser.dark(false);
    let _ = (browser.complaints(), browser.weight());
    open();
    let weight = browser.weight();
    if weight.status != 200 {
        wrong.push(format!("answered with {}", weight.status));
    }
    if weight.bytes > BYTES || weight.requests.len() > REQUESTS {
        wrong.push(format!(
            "{} bytes in {} requests: {:?}",
            weight.bytes,
            weight.requests.len(),
            weight.requests
        ));
    }
    if weight.bytes == 0 || weight.requests.is_empty() {
        wrong.push("nothing was loaded".to_owned());
    }
    let tag = browser.value("document.documentElement.lang");
    if tag != lang.tag() {
        wrong.push(format!("lang is {tag}"));
    }
    let headings = browser.value("[...document.querySelectorAll('h1')].map(h => h.innerText.trim())");
    if headings.as_array().is_none_or(|h| h.len() != 1 || h[0] == "") {
        wrong.push(format!("not one heading of the first level: {headings}"));
    }
    let missing = browser.value("(document.body.innerText.match(/(^|\\s)\\?[a-z]+(-[a-z]+)+/g) || [])");
    if missing.as_array().is_none_or(|m| !m.is_empty()) {
        wrong.push(format!("texts are missing: {missing}"));
    }
    wrong.extend(axe(browser, ALL).into_iter().map(|w| format!("{desk} light: {w}")));
    take(browser, lang, rule, desk, "light");
    browser.dark(true);
    wrong.extend(axe(browser, COLOUR).into_iter().map(|w| format!("{desk} dark: {w}")));
    take(browser, lang, rule, desk, "dark");
    browser.size(phone, 844);
    wrong.extend(axe(browser, COLOUR).into_iter().map(|w| format!("{phone} dark: {w}")));
    browser.dark(false);
    wrong.extend(axe(browser, ALL).into_iter().map(|w| format!("{phone} light: {w}")));
    take(browser, lang, rule, phone, "light");
    let over = browser.value("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth");
    if over.as_i64() != Some(0) {
        wrong.push(format!("{phone}: {over} pixels wider than the screen: {}", browser.value(WIDE)));
    }
    wrong.extend(browser.complaints());
    let wrong = wrong.into_iter().map(|w| format!("{path} {lang}: {w}")).collect();
    (browser.title(), wrong)
}

/// What is too wide.
const WIDE: &str = "[...document.querySelectorAll('body *:not(thead, thead *)')].filter(e =>
    e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).slice(0, 5).map(e => e.outerHTML.slice(0, 120))";

/// What axe finds that is serious or critical.
pub(crate) fn axe(browser: &Browser, how: &str) -> Vec<String> {
    let found = browser.promise(&format!(
        "axe.run(document, {how}).then(r => r.violations.filter(v => ['serious', 'critical'].includes(v.impact))
         .map(v => v.id + ' (' + v.impact + '): ' + v.nodes.slice(0, 3).map(n => n.target.join(' ') + ' — ' +
         (n.failureSummary || '').replace(/\\s+/g, ' ').slice(0, 200)).join('; ')))"
    ));
    match &found {
        Value::Array(found) => found.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
        other => vec![format!("axe did not run: {other}")],
    }
}

/// Takes a picture where `CORRIDOR_PICTURES` names a folder for them.
fn take(browser: &Browser, lang: Lang, rule: &str, width: u32, theme: &str) {
    use base64::Engine as _;
    let Some(folder) = std::env::var_os("CORRIDOR_PICTURES").map(PathBuf::from) else { return };
    let Some(name) = rule.strip_prefix("/console") else { return };
    browser.run("scrollTo(0, 0)");
    let name = name.trim_start_matches('/').replace('/', "-").replace(['{', '}'], "");
    let name = if name.is_empty() { "home".to_owned() } else { name };
    let folder = folder.join(lang.tag());
    std::fs::create_dir_all(&folder).unwrap();
    let picture = base64::engine::general_purpose::STANDARD.decode(browser.picture()).unwrap();
    let file = folder.join(format!("{name}-{width}-{theme}.png"));
    #[allow(clippy::disallowed_methods, reason = "a picture for people, not data of a node")]
    std::fs::write(&file, picture).unwrap();
}
