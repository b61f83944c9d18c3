//! The node's own certificate: read from PEM files, taken up again when they change, without a
//! restart and without dropping a connection. A broken new file never replaces a working old one.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use corridor_base::{Digest, ErrorCode, Problem, Result, Timestamp};
use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::task::JoinHandle;

/// The largest certificate or key file read.
const MAX_FILE: u64 = 1 << 20;

/// Server TLS (1.2 and 1.3, aws-lc-rs) with a certificate that can be exchanged while it is used.
/// A clone is the same certificate.
#[derive(Clone)]
pub struct ServerTls(Arc<Inner>);

struct Inner {
    certificate_path: PathBuf,
    key_path: PathBuf,
    provider: Arc<CryptoProvider>,
    config: Arc<ServerConfig>,
    current: Arc<Current>,
    /// The digest of the files that were judged last, good or bad, so that a broken file is
    /// reported once.
    judged: Mutex<Digest>,
}

/// The certificate in use.
#[derive(Debug)]
struct Current(ArcSwap<Loaded>);

#[derive(Debug)]
struct Loaded {
    key: Arc<CertifiedKey>,
    not_after: Timestamp,
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load().key.clone())
    }
}

impl ServerTls {
    /// Reads the certificate chain (PEM, own certificate first) and its private key (PEM: PKCS#8,
    /// PKCS#1 or SEC 1).
    ///
    /// # Errors
    /// `tls-invalid` naming the file, when one cannot be read or the two do not belong together.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let (pems, digest) = read_both(certificate, key)?;
        let loaded = judge(&pems, certificate, key, &provider)?;
        let current = Arc::new(Current(ArcSwap::from_pointee(loaded)));
        let mut config = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|e| Problem::new(ErrorCode::Internal).because(e))?
            .with_no_client_auth()
            .with_cert_resolver(current.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(Arc::new(Inner {
            certificate_path: certificate.to_owned(),
            key_path: key.to_owned(),
            provider,
            config: Arc::new(config),
            current,
            judged: Mutex::new(digest),
        })))
    }

    /// What a listener hands to its handshakes; it follows every exchange.
    #[must_use]
    pub fn config(&self) -> Arc<ServerConfig> {
        self.0.config.clone()
    }

    /// When the certificate in use expires (RFC 5280, 4.1.2.5 `notAfter`).
    #[must_use]
    pub fn expires(&self) -> Timestamp {
        self.0.current.0.load().not_after
    }

    /// Looks at the files and takes them up if they changed: `true` when it did. Blocks on the disk.
    ///
    /// # Errors
    /// `tls-invalid` when they changed into something that cannot be used (said once for each
    /// change); the certificate so far stays in use.
    pub fn reload(&self) -> Result<bool> {
        let Inner { certificate_path, key_path, provider, current, judged, .. } = &*self.0;
        let (pems, digest) = read_both(certificate_path, key_path)?;
        let mut judged = judged.lock().unwrap_or_else(PoisonError::into_inner);
        if *judged == digest {
            return Ok(false);
        }
        *judged = digest;
        let loaded = judge(&pems, certificate_path, key_path, provider)?;
        current.0.store(Arc::new(loaded));
        Ok(true)
    }

    /// Looks at the files again and again, until the handle is aborted or the program ends. What it
    /// finds goes to the log. The files may be replaced one after the other: until they fit
    /// together, the certificate so far stays in use.
    pub fn watch(&self, every: Duration) -> JoinHandle<()> {
        let tls = self.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(every).await;
                let again = tls.clone();
                match tokio::task::spawn_blocking(move || again.reload()).await {
                    Ok(Ok(true)) => tracing::info!(expires = %tls.expires(), "new TLS certificate in use"),
                    Ok(Ok(false)) => {}
                    Ok(Err(problem)) => tracing::warn!(%problem, "the TLS certificate so far stays in use"),
                    Err(error) => tracing::error!(%error, "TLS files could not be looked at"),
                }
            }
        })
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerTls({}, expires {})", self.0.certificate_path.display(), self.expires())
    }
}

struct Pems {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

fn read_both(certificate: &Path, key: &Path) -> Result<(Pems, Digest)> {
    let read = |path: &Path| {
        let meta = std::fs::metadata(path).map_err(|e| invalid(path, e))?;
        if meta.len() > MAX_FILE {
            return Err(invalid(path, "larger than 1 MiB"));
        }
        std::fs::read(path).map_err(|e| invalid(path, e))
    };
    let pems = Pems { certificate: read(certificate)?, key: read(key)? };
    let both = [Digest::of(&pems.certificate).0, Digest::of(&pems.key).0].concat();
    Ok((pems, Digest::of(&both)))
}

fn judge(pems: &Pems, certificate: &Path, key: &Path, provider: &CryptoProvider) -> Result<Loaded> {
    let mut chain = Vec::new();
    for der in CertificateDer::pem_slice_iter(&pems.certificate) {
        chain.push(der.map_err(|e| invalid(certificate, e))?);
    }
    let own = chain.first().ok_or_else(|| invalid(certificate, "no certificate in PEM form"))?;
    let not_after = not_after(own).ok_or_else(|| invalid(certificate, "not an X.509 certificate"))?;
    let private = PrivateKeyDer::from_pem_slice(&pems.key).map_err(|e| invalid(key, e))?;
    let certified = CertifiedKey::from_der(chain, private, provider).map_err(|e| invalid(key, e))?;
    Ok(Loaded { key: Arc::new(certified), not_after })
}

fn invalid(path: &Path, why: impl fmt::Display) -> Problem {
    Problem::new(ErrorCode::TlsInvalid).with("path", path.display()).with("why", why)
}

/// `notAfter` of a certificate (RFC 5280, 4.1): the DER is walked just so far. A whole X.509 reader
/// is not worth its weight for one date of our own file.
#[must_use]
pub fn not_after(certificate: &[u8]) -> Option<Timestamp> {
    const SEQUENCE: u8 = 0x30;
    let (tag, whole, _) = der(certificate)?;
    let (tag_tbs, mut tbs, _) = der(whole)?;
    if (tag, tag_tbs) != (SEQUENCE, SEQUENCE) {
        return None;
    }
    // version [0] when there, then serialNumber, signature, issuer.
    let (first, _, rest) = der(tbs)?;
    if first == 0xa0 {
        tbs = rest;
    }
    for _ in 0..3 {
        tbs = der(tbs)?.2;
    }
    let (SEQUENCE, validity, _) = der(tbs)? else { return None };
    let (tag, text, _) = der(der(validity)?.2)?;
    time(tag, text)
}

/// One DER element: tag, content, what follows.
fn der(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0, |n: usize, d| n << 8 | usize::from(*d)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// UTCTime `YYMMDDHHMMSSZ` (years 1950 to 2049) or GeneralizedTime `YYYYMMDDHHMMSSZ`.
fn time(tag: u8, text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?;
    let full = match tag {
        0x17 if text.get(..1)? < "5" => format!("20{text}"),
        0x17 => format!("19{text}"),
        0x18 => text.to_owned(),
        _ => return None,
    };
    if full.len() != 15 || !full.is_ascii() {
        return None;
    }
    let part = |from: usize, to: usize| full.get(from..to).unwrap_or_default();
    let (date, clock) = ([part(0, 4), part(4, 6), part(6, 8)], [part(8, 10), part(10, 12), part(12, 14)]);
    let spelled = format!("{}T{}.000Z", date.join("-"), clock.join(":"));
    // 9999-12-31 means "no end" (RFC 5280, 4.1.2.5), and lies behind the last instant spelled here.
    if spelled.starts_with("9999-12-31") {
        return Some(Timestamp::MAX);
    }
    Timestamp::parse(&spelled).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    struct Made {
        certificate: String,
        key: String,
    }

    fn made(name: &str, year: i32) -> Made {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(year, 3, 4);
        Made { certificate: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
    }

    #[allow(clippy::disallowed_methods, reason = "files of a test")]
    fn put(dir: &Path, made: &Made) -> (PathBuf, PathBuf) {
        let paths = (dir.join("cert.pem"), dir.join("key.pem"));
        std::fs::write(&paths.0, &made.certificate).unwrap();
        std::fs::write(&paths.1, &made.key).unwrap();
        paths
    }

    #[test]
    fn a_new_certificate_is_taken_up_and_a_broken_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let (old, new) = (made("localhost", 2040), made("localhost", 2041));
        let (certificate, key) = put(dir.path(), &old);
        let tls = ServerTls::load(&certificate, &key).unwrap();
        let expires = |tls: &ServerTls| tls.expires().to_string();
        assert_eq!(expires(&tls), "2040-03-04T00:00:00.000Z");
        assert!(!tls.reload().unwrap());
        // Half replaced: the key does not belong to the certificate.
        put(dir.path(), &Made { certificate: new.certificate.clone(), key: old.key.clone() });
        assert_eq!(tls.reload().unwrap_err().code(), ErrorCode::TlsInvalid);
        assert!(!tls.reload().unwrap(), "said once");
        assert_eq!(expires(&tls), "2040-03-04T00:00:00.000Z");
        put(dir.path(), &new);
        assert!(tls.reload().unwrap());
        assert_eq!(expires(&tls), "2041-03-04T00:00:00.000Z");
        put(dir.path(), &Made { certificate: "garbage".to_owned(), key: new.key });
        assert_eq!(tls.reload().unwrap_err().arg("path"), certificate.to_str());
        assert_eq!(expires(&tls), "2041-03-04T00:00:00.000Z");
    }

    #[test]
    fn files_that_cannot_be_used_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let (good, other) = (made("localhost", 2040), made("localhost", 2040));
        let check = |made: &Made, named: &str| {
            let (certificate, key) = put(dir.path(), made);
            let problem = ServerTls::load(&certificate, &key).unwrap_err();
            assert_eq!(problem.code(), ErrorCode::TlsInvalid);
            assert!(problem.arg("path").unwrap().ends_with(named), "{problem}");
        };
        check(&Made { certificate: String::new(), key: good.key.clone() }, "cert.pem");
        check(&Made { certificate: good.key.clone(), key: good.key.clone() }, "cert.pem");
        check(&Made { certificate: good.certificate.clone(), key: String::new() }, "key.pem");
        check(&Made { certificate: good.certificate.clone(), key: other.key }, "key.pem");
        check(&Made { certificate: good.certificate.clone(), key: good.certificate.clone() }, "key.pem");
        let missing = dir.path().join("none.pem");
        assert_eq!(ServerTls::load(&missing, &missing).unwrap_err().arg("path"), missing.to_str());
    }

    #[test]
    fn both_spellings_of_time_are_read() {
        let check = |tag, text: &str, expect: Option<&str>| {
            assert_eq!(time(tag, text.as_bytes()).map(|t| t.to_string()).as_deref(), expect, "{text}");
        };
        check(0x17, "491231235959Z", Some("2049-12-31T23:59:59.000Z"));
        check(0x18, "20500101000000Z", Some("2050-01-01T00:00:00.000Z"));
        check(0x18, "99991231235959Z", Some("9999-12-30T22:00:00.000Z"));
        check(0x17, "500101000000Z", None);
        check(0x17, "491331235959Z", None);
        check(0x17, "", None);
        check(0x18, "日本語日本", None);
        let far = made("localhost", 2060);
        let der = CertificateDer::from_pem_slice(far.certificate.as_bytes()).unwrap();
        assert_eq!(not_after(&der).unwrap().to_string(), "2060-03-04T00:00:00.000Z");
    }

    proptest! {
        #[test]
        fn the_date_of_any_bytes_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = not_after(&bytes);
        }

        #[test]
        fn the_date_of_a_bent_certificate_never_panics(at in 0usize..200, to in any::<u8>()) {
            let der = CertificateDer::from_pem_slice(made("localhost", 2040).certificate.as_bytes()).unwrap();
            let mut bytes = der.to_vec();
            bytes[at] = to;
            let _ = not_after(&bytes);
        }
    }
}
