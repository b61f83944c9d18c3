//! The certificates that the client has been shown and has trusted: that the one of a partner ends soon is
//! worth knowing before the link is down.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use corridor_base::Timestamp;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::{DigitallySignedStruct, Error, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use url::{Host, Url};

use crate::tls::not_after;

/// How many hosts are remembered.
const MOST: usize = 10_000;

/// A certificate as a host showed it last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenCertificate {
    /// When it ends (RFC 5280, 4.1.2.5 `notAfter`).
    pub expires: Timestamp,
    /// When it was shown last: a connection that is resumed shows none.
    pub seen: Timestamp,
}

/// What was seen, by host.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen(Arc<Mutex<HashMap<String, SeenCertificate>>>);

impl Seen {
    pub(super) fn of(&self, url: &Url) -> Option<SeenCertificate> {
        if url.scheme() != "https" {
            return None;
        }
        let host = match url.host()? {
            Host::Domain(name) => name.to_owned(),
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&host).copied()
    }

    fn note(&self, host: String, certificate: SeenCertificate) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST && !all.contains_key(&host) {
            let oldest = all.iter().min_by_key(|(_, c)| c.seen).map(|(host, _)| host.clone());
            oldest.map(|host| all.remove(&host));
        }
        all.insert(host, certificate);
    }
}

/// Judges as the one below it does, and notes what was found good.
#[derive(Debug)]
pub(super) struct Noting {
    pub(super) judge: Arc<dyn ServerCertVerifier>,
    pub(super) seen: Seen,
}

impl ServerCertVerifier for Noting {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let good =
            self.judge.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)?;
        if let Some(expires) = not_after(end_entity) {
            let seen = Timestamp::from_millis(0).plus(Duration::from_secs(now.as_secs()));
            self.seen.note(server_name.to_str().into_owned(), SeenCertificate { expires, seen });
        }
        Ok(good)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.judge.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.judge.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_hosts_are_remembered_than_fit_and_the_longest_unseen_goes() {
        let seen = Seen::default();
        let at = |n: usize| Timestamp::from_millis(i64::try_from(n).unwrap());
        let of = |host: &str| seen.of(&Url::parse(&format!("https://{host}/")).unwrap()).map(|c| c.seen);
        for n in 0..=MOST {
            seen.note(format!("h{n}"), SeenCertificate { expires: Timestamp::MAX, seen: at(n) });
        }
        assert_eq!(seen.0.lock().unwrap().len(), MOST);
        assert_eq!((of("h0"), of("h1"), of(&format!("h{MOST}"))), (None, Some(at(1)), Some(at(MOST))));
        seen.note("h1".to_owned(), SeenCertificate { expires: Timestamp::MAX, seen: at(MOST + 1) });
        seen.note("::1".to_owned(), SeenCertificate { expires: Timestamp::MAX, seen: at(MOST + 2) });
        assert_eq!((of("h1"), of("h2"), of("[::1]:8443")), (Some(at(MOST + 1)), None, Some(at(MOST + 2))));
        assert_eq!(seen.of(&Url::parse("http://h1/").unwrap()), None);
    }
}
