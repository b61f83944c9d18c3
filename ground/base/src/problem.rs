//! The one table of errors: code, HTTP status and the Fluent text that says what failed, on what,
//! and what to do. Every error a person or a partner sees is one of these (RFC 9457 problems).

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Lang;
use crate::messages;

macro_rules! errors {
    ($($name:ident = $code:literal, $status:literal;)*) => {
        /// What went wrong, by name. The text in three languages stands under the same name in
        /// `ground/base/messages/*/errors.ftl`: title, `.detail` (what failed, on what) and
        /// `.remedy` (what to do).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "the Fluent text is the documentation, in three languages")]
        pub enum ErrorCode { $($name),* }

        impl ErrorCode {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name on the wire, in the CLI and of the help page.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }

            /// The HTTP status that goes with it (RFC 9110).
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status),* }
            }

            /// The code of this name, if there is one.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($code => Some(Self::$name),)* _ => None }
            }
        }
    };
}

errors! {
    // Form of the input
    Malformed = "malformed", 400;
    OptionMissing = "option-missing", 400;
    TooLarge = "too-large", 413;
    NotFound = "not-found", 404;
    ReceiptPending = "receipt-pending", 409;
    MethodNotAllowed = "method-not-allowed", 405;
    UnknownVersion = "unknown-version", 400;
    // Who are you
    Unauthenticated = "unauthenticated", 401;
    Forbidden = "forbidden", 403;
    SignatureMissing = "signature-missing", 401;
    SignatureInvalid = "signature-invalid", 401;
    ClockSkew = "clock-skew", 401;
    Replayed = "replayed", 401;
    ParticipantUnknown = "participant-unknown", 403;
    ParticipantRemoved = "participant-removed", 403;
    KeyUnknown = "key-unknown", 401;
    KeyNotValid = "key-not-valid", 401;
    DidMismatch = "did-mismatch", 409;
    // People at the console
    SignInFailed = "sign-in-failed", 401;
    SecondFactorFailed = "second-factor-failed", 401;
    SlowDown = "slow-down", 429;
    LinkInvalid = "link-invalid", 403;
    FormRefused = "form-refused", 403;
    PasswordRefused = "password-refused", 422;
    SignOnFailed = "sign-on-failed", 502;
    SignOnUnreachable = "sign-on-unreachable", 502;
    SignOnExpired = "sign-on-expired", 403;
    SignOnDenied = "sign-on-denied", 403;
    SignOnClock = "sign-on-clock", 502;
    SignOnUnlinked = "sign-on-unlinked", 403;
    AccountDisabled = "account-disabled", 403;
    // Trust
    TrustListMissing = "trust-list-missing", 503;
    TrustListExpired = "trust-list-expired", 503;
    TrustListInvalid = "trust-list-invalid", 422;
    TrustListOld = "trust-list-old", 409;
    RecognitionMissing = "recognition-missing", 403;
    RecognitionInvalid = "recognition-invalid", 422;
    // Agreement and policy
    AgreementUnknown = "agreement-unknown", 403;
    AgreementInvalid = "agreement-invalid", 422;
    AgreementAltered = "agreement-altered", 409;
    AgreementNotInForce = "agreement-not-in-force", 403;
    PolicyDenied = "policy-denied", 403;
    ReceiptsOverdue = "receipts-overdue", 503;
    // Delivery
    WrongRecipient = "wrong-recipient", 421;
    EnvelopeConflict = "envelope-conflict", 409;
    NotGivenUp = "not-given-up", 409;
    OffsetWrong = "offset-wrong", 409;
    ContentMismatch = "content-mismatch", 422;
    PartnerUnreachable = "partner-unreachable", 502;
    PartnerAnswer = "partner-answer", 502;
    PartnerNotAsked = "partner-not-asked", 503;
    AddressRefused = "address-refused", 403;
    // The node itself
    Overloaded = "overloaded", 503;
    ShuttingDown = "shutting-down", 503;
    StorageFull = "storage-full", 507;
    StorageFailed = "storage-failed", 500;
    StorageConflict = "storage-conflict", 503;
    SchemaUnknown = "schema-unknown", 500;
    SchemaUnverified = "schema-unverified", 500;
    DirectoryLocked = "directory-locked", 500;
    DirectoryOwner = "directory-owner", 500;
    FileMode = "file-mode", 500;
    FileFailed = "file-failed", 500;
    PortTaken = "port-taken", 500;
    ConfigMissing = "config-missing", 500;
    ConfigInvalid = "config-invalid", 500;
    ConfigUnknownKey = "config-unknown-key", 500;
    TlsInvalid = "tls-invalid", 500;
    BackupInvalid = "backup-invalid", 422;
    AlreadyExists = "already-exists", 409;
    NodeUnreachable = "node-unreachable", 502;
    Internal = "internal", 500;
    // The ledger
    LogUnknown = "log-unknown", 404;
    CheckpointUnsigned = "checkpoint-unsigned", 403;
    CheckpointInconsistent = "checkpoint-inconsistent", 422;
    WitnessBehind = "witness-behind", 503;
    LogHeld = "log-held", 503;
    LogLost = "log-lost", 503;
    LogEnded = "log-ended", 410;
    // Persons
    SubjectErased = "subject-erased", 410;
    SubjectKeyMissing = "subject-key-missing", 503;
    // Trade
    InterchangeInvalid = "interchange-invalid", 422;
    DirectoryInvalid = "directory-invalid", 422;
    GuideInvalid = "guide-invalid", 422;
    DecisionRefused = "decision-refused", 409;
    RiskRuleInvalid = "risk-rule-invalid", 422;
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that went wrong: its code, what it was about, and the error below it.
///
/// `Display` is the English text, for logs; people get [`Problem::text`] in their language.
#[derive(Clone)]
pub struct Problem(Box<Inner>);

#[derive(Clone)]
struct Inner {
    code: ErrorCode,
    args: BTreeMap<&'static str, String>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// A problem as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProblemText {
    /// What went wrong, in a few words.
    pub title: String,
    /// What failed, on what.
    pub detail: String,
    /// What to do.
    pub remedy: String,
}

/// A problem on the wire (RFC 9457, `application/problem+json`). `code` and `args` let the reader's
/// own node or CLI say it in the reader's language.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProblemDocument {
    /// A reference to the page that explains the error.
    #[serde(rename = "type")]
    pub kind: String,
    /// What went wrong, in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What failed, on what.
    pub detail: String,
    /// What to do.
    #[serde(default)]
    pub remedy: String,
    /// The code in the table of errors.
    pub code: String,
    /// What the text speaks of, by name.
    #[serde(default)]
    pub args: BTreeMap<String, String>,
}

/// Where a node serves its documentation, and below `errors/` a page for each error.
pub const HELP: &str = "/console/help";

impl ErrorCode {
    /// The page that explains it, relative to the node.
    #[must_use]
    pub fn page(self) -> String {
        format!("{HELP}/errors/{self}")
    }
}

/// Names that may stand in `args`; a name from a partner that is not here is dropped.
pub const ARG_NAMES: &[&str] = &[
    "what", "why", "who", "partner", "key", "at", "limit", "id", "path", "line", "column", "nearest",
    "expected", "found", "country", "address", "skew", "list", "version",
];

/// The longest argument shown; more is cut so that an error never repeats a hostile input whole.
const ARG_CHARS: usize = 400;

impl Problem {
    /// A problem of this kind, about nothing yet.
    #[must_use]
    pub fn new(code: ErrorCode) -> Self {
        Self(Box::new(Inner { code, args: BTreeMap::new(), source: None }))
    }

    /// Says what it is about. `name` is one of those the texts use: see `ARG_NAMES`.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        debug_assert!(ARG_NAMES.contains(&name), "{name} is not an argument the texts know");
        let text: String = value.to_string().chars().filter(|c| !c.is_control()).take(ARG_CHARS).collect();
        self.0.args.insert(name, text);
        self
    }

    /// Keeps the error below this one, for the log.
    #[must_use]
    pub fn because(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        if !self.0.args.contains_key("why") {
            self = self.with("why", chain(&source));
        }
        self.0.source = Some(Arc::new(source));
        self
    }

    /// Which kind it is.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.0.code
    }

    /// What it is about, by name.
    #[must_use]
    pub fn arg(&self, name: &str) -> Option<&str> {
        self.0.args.get(name).map(String::as_str)
    }

    /// The text in one language.
    #[must_use]
    pub fn text(&self, lang: Lang) -> ProblemText {
        let errors = messages::errors();
        let args: Vec<(&str, &str)> = self.0.args.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let code = self.0.code.as_str();
        ProblemText {
            title: errors.text(lang, code, &args),
            detail: errors.attribute(lang, code, "detail", &args),
            remedy: errors.attribute(lang, code, "remedy", &args),
        }
    }

    /// The document that goes over HTTP.
    #[must_use]
    pub fn document(&self, lang: Lang) -> ProblemDocument {
        let text = self.text(lang);
        ProblemDocument {
            kind: self.0.code.page(),
            title: text.title,
            status: self.0.code.status(),
            detail: text.detail,
            remedy: text.remedy,
            code: self.0.code.to_string(),
            args: self.0.args.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect(),
        }
    }

    /// Takes up a problem another node answered with; `None` when its code is not in the table.
    #[must_use]
    pub fn from_document(document: &ProblemDocument) -> Option<Self> {
        let mut problem = Self::new(ErrorCode::parse(&document.code)?);
        for name in ARG_NAMES {
            if let Some(value) = document.args.get(*name) {
                problem = problem.with(name, value);
            }
        }
        Some(problem)
    }
}

/// An error with all that lies below it, outermost first.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(cause) = below {
        let said = cause.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        below = cause.source();
    }
    text
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.text(Lang::En).detail)
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for Problem {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_deref().map(|e| e as &(dyn Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The arguments of each code, from the `# args:` lines of the English file.
    fn documented_args() -> BTreeMap<&'static str, Vec<&'static str>> {
        let lines: Vec<&str> = messages::ERRORS.en.lines().collect();
        let pairs = lines.windows(2).filter_map(|pair| {
            let args = pair[0].strip_prefix("# args: ")?;
            let (code, _) = pair[1].split_once(" = ")?;
            Some((code, args.split(", ").filter(|a| *a != "none").collect()))
        });
        pairs.collect()
    }

    #[test]
    fn every_error_says_what_failed_and_what_to_do_in_three_languages() {
        let documented = documented_args();
        for code in ErrorCode::ALL {
            let args =
                documented.get(code.as_str()).unwrap_or_else(|| panic!("{code} has no `# args:` line"));
            for lang in Lang::ALL {
                let mut problem = Problem::new(*code);
                for name in args {
                    let name =
                        ARG_NAMES.iter().find(|n| *n == name).unwrap_or_else(|| panic!("{code}: {name}"));
                    problem = problem.with(name, format!("<{name}>"));
                }
                let text = problem.text(*lang);
                let all = [text.title, text.detail, text.remedy];
                for part in &all {
                    assert!(!part.is_empty() && !part.starts_with('?'), "{code} {lang:?}: no text: {all:?}");
                    // What Fluent writes for an argument that was not given.
                    assert!(!part.contains("{$"), "{code} {lang:?}: undocumented argument: {all:?}");
                }
                for name in args {
                    assert!(
                        all.concat().contains(&format!("<{name}>")),
                        "{code} {lang:?}: {name} is not said"
                    );
                }
            }
            assert_eq!(ErrorCode::parse(code.as_str()), Some(*code));
        }
    }

    #[test]
    fn the_files_hold_the_table_and_nothing_else() {
        let messages::Source { en, ja, ko } = messages::ERRORS;
        for file in [en, ja, ko] {
            assert!(fluent_bundle::FluentResource::try_new(file.to_owned()).is_ok());
            let keys: Vec<&str> = file
                .lines()
                .filter(|l| l.starts_with(|c: char| c.is_ascii_lowercase()))
                .filter_map(|l| l.split_once(" = "))
                .map(|(key, _)| key)
                .collect();
            let table: Vec<&str> = ErrorCode::ALL.iter().map(|c| c.as_str()).collect();
            assert_eq!(keys, table);
        }
    }

    #[test]
    fn a_document_survives_the_wire() {
        let problem = Problem::new(ErrorCode::ClockSkew).with("skew", "92").with("limit", "60");
        let document = problem.document(Lang::Ja);
        let wire = serde_json::to_string(&document).unwrap();
        let back = Problem::from_document(&serde_json::from_str(&wire).unwrap()).unwrap();
        assert_eq!(back.text(Lang::Ko), problem.text(Lang::Ko));
    }

    #[test]
    fn hostile_arguments_are_cut_and_cleaned() {
        let problem =
            Problem::new(ErrorCode::Malformed).with("why", format!("a\n\u{1b}[31m{}", "x".repeat(10_000)));
        let why = problem.arg("why").unwrap();
        assert!(why.chars().count() <= ARG_CHARS && !why.contains('\n') && !why.contains('\u{1b}'));
    }
}
