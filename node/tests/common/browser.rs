//! A browser as the tests need one: cookies, the page it looks at, and forms.

use std::time::Duration;

use corridor_node::people::totp::Seed;

use super::{Answer, WORDS, World};

/// A browser: its cookies, and the page it looks at.
pub(crate) struct Browser<'a> {
    pub(crate) world: &'a World,
    pub(crate) cookies: Vec<(String, String)>,
    pub(crate) page: String,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(world: &'a World) -> Self {
        Self { world, cookies: Vec::new(), page: String::new() }
    }

    pub(crate) fn cookies(&self) -> String {
        self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("; ")
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    pub(crate) fn take(&mut self, answer: &Answer) {
        for line in answer.headers.get_all("set-cookie") {
            let line = line.to_str().unwrap();
            assert!(line.contains("; HttpOnly") && line.contains("; SameSite=Lax"), "{line}");
            let (pair, rest) = line.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.retain(|(n, _)| n != name);
            if !rest.contains("Max-Age=0") {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        self.page = String::from_utf8_lossy(&answer.body).into_owned();
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        let answer = self.world.page("GET", path, &self.cookies(), &[]).await;
        self.take(&answer);
        answer
    }

    /// Sends a form with the token of the page.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.field("csrf").unwrap_or_default();
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        self.send(path, &all).await
    }

    pub(crate) async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.world.page("POST", path, &self.cookies(), fields).await;
        self.take(&answer);
        answer
    }

    /// The value of a hidden field of the page.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let (_, rest) = self.page.split_once(&format!("name=\"{name}\" value=\""))?;
        Some(rest.split_once('"')?.0.to_owned())
    }

    /// Signs in with password and code, as far as it goes.
    pub(crate) async fn sign_in(&mut self, name: &str, seed: &Seed, next: &str) -> Answer {
        self.world.clock.advance(Duration::from_secs(60));
        self.get("/console/sign-in").await;
        let fields = [("name", name), ("password", WORDS), ("next", next)];
        let answer = self.post("/console/sign-in", &fields).await;
        assert_eq!(answer.status, 200, "{}", self.page);
        let next = self.field("next").unwrap_or_default().replace("&#38;", "&");
        let kept = self.field("kept").unwrap_or_default();
        let code = seed.now(self.world.node.now());
        self.post("/console/sign-in/second", &[("code", &code), ("next", &next), ("kept", &kept)]).await
    }
}

/// Where an answer leads.
pub(crate) fn to(answer: &Answer) -> String {
    answer.headers.get("location").map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default()
}
