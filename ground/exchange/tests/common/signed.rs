//! A signed request as a partner's own program could make it, for what the exchange itself never asks.

use std::time::Duration;

use bytes::Bytes;
use corridor_net::signature;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::common::Node;

impl Node {
    /// A signed request of the first participant to another node; its status and body.
    pub(crate) async fn post(
        &self,
        to: &Self,
        path: &str,
        envelope: Option<usize>,
        body: Vec<u8>,
    ) -> (u16, Bytes) {
        let url = url::Url::parse(&format!("{}{path}", to.url.as_str().trim_end_matches('/'))).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        let mut extra = Vec::new();
        if let Some(length) = envelope {
            headers.insert("envelope-length", HeaderValue::from(length));
            extra.push(HeaderName::from_static("envelope-length"));
        }
        let timeout = Duration::from_secs(60);
        let mut request = corridor_net::Request {
            method: Method::POST,
            url,
            headers,
            body: body.into(),
            limit: 1 << 16,
            timeout,
        };
        let (clock, random) = (&*self.clock as &dyn corridor_base::Clock, corridor_base::OsRandom);
        let signer = self.keyrings[0].current();
        signature::sign_request(&mut request, &extra, &*signer, clock.now(), &random).unwrap();
        let answer = self.client.send(request).await.unwrap();
        (answer.status.as_u16(), answer.body)
    }
}
