//! The one table of configuration keys. Everything about a key except its meaning stands here; the
//! meaning stands in `node/messages/*/config.ftl`, and the program checks that none is missing.

/// What a value must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Any text.
    Text,
    /// A path; a relative one starts at the directory of the configuration file.
    Path,
    /// An IP address and a port.
    Address,
    /// An absolute URL.
    Url,
    /// A whole number between these two.
    Integer(u64, u64),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of texts.
    List,
}

impl Shape {
    /// The shape in a word, for `corridor config`.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Path => "path".to_owned(),
            Self::Address => "address:port".to_owned(),
            Self::Url => "URL".to_owned(),
            Self::Integer(least, most) => format!("integer {least}..{most}"),
            Self::Choice(words) => words.join(" | "),
            Self::List => "list of text".to_owned(),
        }
    }
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Section and name: `node.data`.
    pub path: &'static str,
    /// What its value looks like.
    pub shape: Shape,
    /// The value when none is given, as TOML; empty when there is none.
    pub default: &'static str,
    /// Whether a node cannot do without a value.
    pub required: bool,
    /// A value as an example, as TOML; empty when the default says enough.
    pub example: &'static str,
    /// Whether its value is kept out of what people see.
    pub secret: bool,
}

impl Key {
    /// The section: `node`.
    #[must_use]
    pub fn section(&self) -> &'static str {
        self.path.split('.').next().unwrap_or_default()
    }

    /// The name inside the section: `data`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.path.rsplit('.').next().unwrap_or_default()
    }

    /// The environment variable that overrides it, `CORRIDOR_NODE_DATA`. Keys of a participant
    /// have none, because there may be several participants.
    #[must_use]
    pub fn variable(&self) -> Option<String> {
        let name = format!("CORRIDOR_{}", self.path.replace('.', "_").to_ascii_uppercase());
        (self.section() != "participant").then_some(name)
    }

    /// The key of its text in `config.ftl`.
    #[must_use]
    pub fn text_key(&self) -> String {
        self.path.replace('.', "-")
    }

    const fn example(mut self, example: &'static str) -> Self {
        self.example = example;
        self
    }

    const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }
}

const fn key(path: &'static str, shape: Shape, default: &'static str) -> Key {
    Key { path, shape, default, required: false, example: "", secret: false }
}

/// A number of bytes that a document may have at most: the length must fit a signed 64-bit column.
const BYTES: Shape = Shape::Integer(1, i64::MAX as u64);

/// Every key there is, in the order of the example file.
pub static KEYS: &[Key] = &[
    key("node.data", Shape::Path, "\"corridor-data\""),
    key("node.language", Shape::Choice(&["en", "ja", "ko"]), "\"en\""),
    key("node.operator", Shape::Text, "").example("\"customs\""),
    key("node.workers", Shape::Integer(0, 1024), "0"),
    key("participant.name", Shape::Text, "").required().example("\"customs\""),
    key("participant.did", Shape::Text, "").required().example("\"did:web:localhost%3A7080:customs\""),
    key("participant.hub", Shape::Path, "").example("\"hub\""),
    key("participant.hub_partners", Shape::List, "").example("[\"JPCUSTOMS did:web:customs.example.jp\"]"),
    key("public.listen", Shape::Address, "\"127.0.0.1:7080\""),
    key("public.url", Shape::Url, "\"http://localhost:7080\""),
    key("public.tls_certificate", Shape::Path, "").example("\"tls/public.pem\""),
    key("public.tls_key", Shape::Path, "").example("\"tls/public.key\""),
    key("api.listen", Shape::Address, "\"127.0.0.1:7081\""),
    key("api.tls_certificate", Shape::Path, "").example("\"tls/api.pem\""),
    key("api.tls_key", Shape::Path, "").example("\"tls/api.key\""),
    key("api.proxies", Shape::List, "[]").example("[\"10.0.0.5\", \"10.1.0.0/16\"]"),
    key("api.proxy_header", Shape::Choice(&["x-forwarded-for", "forwarded"]), "\"x-forwarded-for\""),
    key("api.max_requests", Shape::Integer(1, 65_536), "256"),
    key("api.timeout_seconds", Shape::Integer(1, 3600), "30"),
    key("console.url", Shape::Url, "").example("\"https://corridor.customs.example.jp\""),
    key("console.idle_minutes", Shape::Integer(5, 1440), "30"),
    key("console.session_hours", Shape::Integer(1, 168), "12"),
    key("console.link_minutes", Shape::Integer(5, 10_080), "60"),
    key("sign_on.issuer", Shape::Url, "").example("\"https://login.customs.example.jp\""),
    key("sign_on.client_id", Shape::Text, "").example("\"corridor\""),
    key("sign_on.client_secret_file", Shape::Path, "").example("\"/run/secrets/corridor-sign-on\""),
    key("sign_on.scopes", Shape::List, "[\"openid\", \"profile\"]"),
    key("sign_on.label_en", Shape::Text, "").example("\"Customs account\""),
    key("sign_on.label_ja", Shape::Text, "").example("\"税関アカウント\""),
    key("sign_on.label_ko", Shape::Text, "").example("\"세관 계정\""),
    key("sign_on.name_claim", Shape::Text, "\"preferred_username\""),
    key("sign_on.display_claim", Shape::Text, "\"name\""),
    key("sign_on.groups_claim", Shape::Text, "\"groups\"").example("\"/realm_access/roles\""),
    key("sign_on.rules", Shape::List, "[]")
        .example("[\"corridor-officers = customs officer\", \"it = customs operator\"]"),
    key("sign_on.unknown", Shape::Choice(&["refuse", "create"]), "\"refuse\""),
    key("sign_on.second_factor", Shape::Choice(&["here", "provider"]), "\"here\""),
    key("sign_on.acr_values", Shape::List, "[]").example("[\"urn:example:loa:2\"]"),
    key("sign_on.amr_values", Shape::List, "[]").example("[\"mfa\"]"),
    key("sign_on.others", Shape::Choice(&["allowed", "refused"]), "\"allowed\""),
    key("storage.database", Shape::Text, "\"sqlite\"")
        .example("\"postgres://corridor@db.example.jp/corridor\"")
        .secret(),
    key("storage.password_file", Shape::Path, "").example("\"/run/secrets/corridor-database\""),
    key("storage.blobs", Shape::Path, "").example("\"/srv/corridor/blobs\""),
    key("storage.reader_threads", Shape::Integer(1, 64), "2"),
    key("trust.anchors", Shape::List, "[]").example("[\"JP trust.example.jp+0b5dd8d6+AX…\"]"),
    key("trust.sources", Shape::List, "[]").example("[\"https://trust.example.jp/list\"]"),
    key("trust.refresh_seconds", Shape::Integer(10, 604_800), "3600"),
    key("net.allow", Shape::List, "[]").example("[\"localhost:7180\", \"10.1.0.0/16\"]"),
    key("net.proxy", Shape::Url, "").example("\"http://proxy.example.jp:3128\"").secret(),
    key("net.extra_roots", Shape::Path, "").example("\"tls/roots.pem\""),
    key("exchange.max_size", BYTES, "17179869184"),
    key("exchange.max_skew_seconds", Shape::Integer(1, 3600), "60"),
    key("exchange.parallel", Shape::Integer(1, 4096), "64"),
    key("exchange.give_up_hours", Shape::Integer(1, 8760), "168"),
    key("ledger.origin", Shape::Text, "").example("\"example.jp/log\""),
    key("ledger.interval_ms", Shape::Integer(10, 3_600_000), "1000"),
    key("ledger.policy", Shape::Path, "").example("\"witnesses.policy\""),
    key("ledger.accept", Shape::List, "[]")
        .example("[\"log.example.org+0b5dd8d6+AX… https://log.example.org/\"]"),
    key("ledger.cosign", Shape::Choice(&["ed25519", "ed25519+ml-dsa-44"]), "\"ed25519\""),
    key("ledger.raw", Shape::List, "[]").example("[\"notices\"]"),
    key("log.format", Shape::Choice(&["text", "json"]), "\"text\""),
    key("log.level", Shape::Text, "\"info\""),
];

/// The key of this path.
#[must_use]
pub fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|k| k.path == path)
}

/// The known path that looks most like this one.
#[must_use]
pub fn nearest(path: &str) -> &'static str {
    let likeness = |k: &&Key| strsim::damerau_levenshtein(k.path, path);
    KEYS.iter().min_by_key(likeness).map_or("", |k| k.path)
}
