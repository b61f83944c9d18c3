//! A browser as a test drives it: WebDriver (W3C) spoken by hand over HTTP to the driver that
//! `cargo xtask browser` runs, and Chromium's own commands where WebDriver has none.

#![allow(dead_code, reason = "each test uses a part")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// What Chromium must be told to be quiet and to run anywhere.
const ARGUMENTS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
];
/// How elements are told from other values (W3C WebDriver, 12.1).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// How long a script may take, in milliseconds: axe reads forms of hundreds of fields, on a machine that is busy.
const PATIENCE_FOR_AXE: u64 = 100_000;
/// How long the page may take to show what is waited for: passwords are hashed slowly on purpose, and a machine
/// that builds beside the tests has little left for them.
const PATIENCE: Duration = Duration::from_secs(90);
/// How many stops a page has at most: a list of twenty-five documents has a hundred.
const STOPS: usize = 250;

/// The key codes of WebDriver (W3C WebDriver, 15.4.2).
pub(crate) const TAB: &str = "\u{e004}";
pub(crate) const ENTER: &str = "\u{e007}";
pub(crate) const SPACE: &str = " ";
pub(crate) const ESCAPE: &str = "\u{e00c}";

/// One browser, with a profile of its own.
pub(crate) struct Browser {
    driver: String,
    session: String,
}

/// An element of the page.
pub(crate) struct Element<'a> {
    browser: &'a Browser,
    id: String,
}

/// What loading a page took.
#[derive(Debug, Default)]
pub(crate) struct Weight {
    /// The status of the page itself.
    pub(crate) status: u64,
    /// Each request that went out.
    pub(crate) requests: Vec<String>,
    /// What came over the wire for all of them, heads included.
    pub(crate) bytes: u64,
}

impl Browser {
    /// A new browser; `None`, and said so, where there is no driver.
    pub(crate) fn open() -> Option<Self> {
        let Ok(driver) = std::env::var("CORRIDOR_TEST_BROWSER") else {
            println!("not run: no browser (cargo xtask browser -- cargo test …)");
            return None;
        };
        let driver = driver.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let options = json!({
            "args": ARGUMENTS,
            "binary": std::env::var("CORRIDOR_TEST_CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned()),
        });
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
            "webauthn:virtualAuthenticators": true,
            "timeouts": { "script": PATIENCE_FOR_AXE },
        } } });
        let made =
            call(&driver, "POST", "/session", &wanted).unwrap_or_else(|why| panic!("no session: {why}"));
        let session = made["sessionId"].as_str().unwrap_or_default().to_owned();
        let browser = Self { driver, session };
        browser.chromium("Network.enable", json!({}));
        browser.chromium("Network.setCacheDisabled", json!({ "cacheDisabled": true }));
        Some(browser)
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        call(&self.driver, method, &format!("/session/{}{path}", self.session), body)
    }

    fn told(&self, method: &str, path: &str, body: &Value) -> Value {
        self.ask(method, path, body)
            .unwrap_or_else(|why| panic!("{method} {path} at {}: {why}", self.address()))
    }

    /// One of Chromium's own commands (DevTools protocol).
    pub(crate) fn chromium(&self, command: &str, parameters: Value) -> Value {
        self.told("POST", "/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// Opens a page and waits until it is loaded.
    pub(crate) fn go(&self, url: &str) {
        self.told("POST", "/url", &json!({ "url": url }));
    }

    /// Where it is.
    pub(crate) fn address(&self) -> String {
        self.ask("GET", "/url", &Value::Null)
            .ok()
            .and_then(|v| v.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// The title of the page.
    pub(crate) fn title(&self) -> String {
        self.told("GET", "/title", &Value::Null).as_str().unwrap_or_default().to_owned()
    }

    /// The value of an expression in the page.
    pub(crate) fn value(&self, expression: &str) -> Value {
        self.told("POST", "/execute/sync", &json!({ "script": format!("return {expression}"), "args": [] }))
    }

    /// Whether an expression is true in the page now. While one page takes the place of another there is no document,
    /// or none with a root yet: then it is not.
    pub(crate) fn holds(&self, expression: &str) -> bool {
        let script = json!({ "script": format!("return ({expression}) === true"), "args": [] });
        self.ask("POST", "/execute/sync", &script).is_ok_and(|value| value == true)
    }

    /// Waits until the page that is open is whole, and a key that is pressed reaches it.
    pub(crate) fn settled(&self) {
        self.until("the whole page", || self.holds("document.readyState === 'complete'"));
    }

    /// What a promise in the page comes to.
    pub(crate) fn promise(&self, expression: &str) -> Value {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             Promise.resolve({expression}).then(done, e => done({{ failed: String(e) }}));"
        );
        self.told("POST", "/execute/async", &json!({ "script": script, "args": [] }))
    }

    /// Runs a script in the page.
    pub(crate) fn run(&self, script: &str) {
        self.told("POST", "/execute/sync", &json!({ "script": script, "args": [] }));
    }

    /// The visible text of the page.
    /// When the page is exchanged between finding its body and reading it, the next one is read.
    pub(crate) fn text(&self) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            let body = self.find("body");
            match self.ask("GET", &format!("/element/{}/text", body.id), &Value::Null) {
                Ok(text) => return text.as_str().unwrap_or_default().to_owned(),
                Err(why) if why.contains("stale element") && Instant::now() < until => {}
                Err(why) => panic!("the text of {}: {why}", self.address()),
            }
        }
    }

    /// The elements that a CSS selector finds now.
    pub(crate) fn all(&self, selector: &str) -> Vec<Element<'_>> {
        self.found(selector)
            .unwrap_or_else(|why| panic!("the elements {selector} at {}: {why}", self.address()))
    }

    fn found(&self, selector: &str) -> Result<Vec<Element<'_>>, String> {
        let how = json!({ "using": "css selector", "value": selector });
        let found = self.ask("POST", "/elements", &how)?;
        let ids = found.as_array().cloned().unwrap_or_default();
        let ids = ids.iter().filter_map(|v| v[ELEMENT].as_str().map(str::to_owned));
        Ok(ids.map(|id| Element { browser: self, id }).collect())
    }

    /// The first element that a CSS selector finds, as soon as there is one.
    pub(crate) fn find(&self, selector: &str) -> Element<'_> {
        let mut found = None;
        self.until(&format!("an element {selector}"), || {
            // While a page is exchanged for the next one, nothing is found in either.
            found = self.found(selector).ok().and_then(|all| all.into_iter().next());
            found.is_some()
        });
        found.unwrap()
    }

    /// The element that has the focus.
    pub(crate) fn focused(&self) -> Element<'_> {
        let found = self.told("GET", "/element/active", &Value::Null);
        Element { browser: self, id: found[ELEMENT].as_str().unwrap_or_default().to_owned() }
    }

    /// Types into whatever has the focus.
    pub(crate) fn keys(&self, keys: &str) {
        let actions: Vec<Value> = keys
            .chars()
            .flat_map(|key| {
                [json!({ "type": "keyDown", "value": key }), json!({ "type": "keyUp", "value": key })]
            })
            .collect();
        let source = json!({ "type": "key", "id": "keyboard", "actions": actions });
        self.told("POST", "/actions", &json!({ "actions": [source] }));
    }

    /// Goes from stop to stop until one satisfies.
    pub(crate) fn tab_until(&self, what: &str, mut satisfies: impl FnMut(&Self) -> bool) {
        for _ in 0..STOPS {
            self.keys(TAB);
            if satisfies(self) {
                return;
            }
        }
        panic!("{what} is not reached by keyboard at {}", self.address());
    }

    /// Goes from stop to stop until the element of this identifier has the focus.
    pub(crate) fn tab_to(&self, id: &str) {
        if self.focused().attribute("id").as_deref() != Some(id) {
            self.tab_until(id, |browser| browser.focused().attribute("id").as_deref() == Some(id));
        }
    }

    /// Waits until something holds.
    pub(crate) fn until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let until = Instant::now() + PATIENCE;
        while !holds() {
            assert!(Instant::now() < until, "waited for {what} at {}:\n{}", self.address(), self.seen());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The text of the page, when something is not as it should be.
    fn seen(&self) -> String {
        let text = self.ask(
            "POST",
            "/execute/sync",
            &json!({ "script": "return document.body ? document.body.innerText : ''", "args": [] }),
        );
        text.ok().and_then(|v| v.as_str().map(|t| t.chars().take(2000).collect())).unwrap_or_default()
    }

    /// The width and height of the page, in CSS pixels, as on a device of that size.
    pub(crate) fn size(&self, width: u32, height: u32) {
        let device = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.chromium("Emulation.setDeviceMetricsOverride", device);
    }

    /// Light or dark, as the device would say.
    pub(crate) fn dark(&self, dark: bool) {
        let scheme = json!({ "name": "prefers-color-scheme", "value": if dark { "dark" } else { "light" } });
        // Nothing is judged while it moves from one colour to another.
        let still = json!({ "name": "prefers-reduced-motion", "value": "reduce" });
        self.chromium("Emulation.setEmulatedMedia", json!({ "features": [scheme, still] }));
    }

    /// Whether pages may run scripts, from the next one on.
    pub(crate) fn javascript(&self, allowed: bool) {
        self.chromium("Emulation.setScriptExecutionDisabled", json!({ "value": !allowed }));
    }

    /// Keeps a cookie for the site of the page that is open.
    pub(crate) fn cookie(&self, name: &str, value: &str) {
        self.told("POST", "/cookie", &json!({ "cookie": { "name": name, "value": value, "path": "/" } }));
    }

    /// What the console of the page said since this was last asked: errors, refused content.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let said = self.told("POST", "/se/log", &json!({ "type": "browser" }));
        let all = said.as_array().cloned().unwrap_or_default();
        let bad =
            all.iter().filter(|e| ["SEVERE", "WARNING"].contains(&e["level"].as_str().unwrap_or_default()));
        bad.filter_map(|e| e["message"].as_str().map(str::to_owned)).collect()
    }

    /// What went over the network since this was last asked.
    pub(crate) fn weight(&self) -> Weight {
        let said = self.told("POST", "/se/log", &json!({ "type": "performance" }));
        let mut weight = Weight::default();
        for entry in said.as_array().into_iter().flatten() {
            let event: Value =
                serde_json::from_str(entry["message"].as_str().unwrap_or_default()).unwrap_or_default();
            let (method, parameters) = (&event["message"]["method"], &event["message"]["params"]);
            match method.as_str().unwrap_or_default() {
                "Network.requestWillBeSent" => {
                    let url = parameters["request"]["url"].as_str().unwrap_or_default();
                    if !url.starts_with("data:") && !url.ends_with("/console/live") {
                        weight.requests.push(url.to_owned());
                    }
                }
                "Network.responseReceived" if parameters["type"] == "Document" => {
                    weight.status = parameters["response"]["status"].as_u64().unwrap_or_default();
                }
                "Network.loadingFinished" => {
                    weight.bytes += parameters["encodedDataLength"].as_f64().unwrap_or_default() as u64;
                }
                _ => {}
            }
        }
        weight
    }

    /// A picture of the page, PNG in base64; the whole of it, however long.
    pub(crate) fn picture(&self) -> String {
        let shot = json!({ "format": "png", "captureBeyondViewport": true });
        let taken = self.chromium("Page.captureScreenshot", shot);
        taken["data"].as_str().unwrap_or_default().to_owned()
    }

    /// An authenticator as a security key or a phone would be (Web Authentication, 11.3).
    pub(crate) fn authenticator(&self) -> String {
        let kind = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true,
            "hasUserVerification": true, "isUserVerified": true,
        });
        self.told("POST", "/webauthn/authenticator", &kind).as_str().unwrap_or_default().to_owned()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.ask("DELETE", "", &Value::Null);
    }
}

impl Element<'_> {
    fn told(&self, method: &str, path: &str, body: &Value) -> Value {
        self.browser.told(method, &format!("/element/{}{path}", self.id), body)
    }

    /// The text that a reader sees.
    pub(crate) fn text(&self) -> String {
        self.told("GET", "/text", &Value::Null).as_str().unwrap_or_default().to_owned()
    }

    /// The value of an attribute.
    pub(crate) fn attribute(&self, name: &str) -> Option<String> {
        self.told("GET", &format!("/attribute/{name}"), &Value::Null).as_str().map(str::to_owned)
    }

    /// The name that a screen reader says.
    pub(crate) fn label(&self) -> String {
        self.told("GET", "/computedlabel", &Value::Null).as_str().unwrap_or_default().to_owned()
    }

    /// Clicks it.
    pub(crate) fn click(&self) {
        self.told("POST", "/click", &json!({}));
    }

    /// Types into it, or names a file for it.
    pub(crate) fn write(&self, text: &str) {
        self.told("POST", "/value", &json!({ "text": text }));
    }
}

/// One command of WebDriver: its value, or what the driver says.
fn call(driver: &str, method: &str, path: &str, body: &Value) -> Result<Value, String> {
    let content = if method == "POST" { body.to_string() } else { String::new() };
    let asked = format!(
        "{method} {path} HTTP/1.1\r\nHost: {driver}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{content}",
        content.len()
    );
    let (status, answer) = exchanged(driver, &asked).map_err(|e| format!("the driver at {driver}: {e}"))?;
    let answer: Value = serde_json::from_slice(&answer).map_err(|e| format!("{status}: {e}"))?;
    let value = answer.get("value").cloned().unwrap_or_default();
    if status == 200 {
        return Ok(value);
    }
    let said = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    Err(format!("{}: {}", said("error"), said("message")))
}

fn exchanged(driver: &str, asked: &str) -> std::io::Result<(u16, Vec<u8>)> {
    let mut stream = TcpStream::connect(driver)?;
    stream.set_read_timeout(Some(Duration::from_secs(120)))?;
    stream.write_all(asked.as_bytes())?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().unwrap_or(0);
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut content = vec![0; length];
    reader.read_exact(&mut content)?;
    Ok((status, content))
}
