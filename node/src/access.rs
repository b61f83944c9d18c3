//! Who may call what: the one table of rules (AC-1). A request that no rule covers is refused, so
//! that an endpoint without a rule cannot be reached at all.

use std::fmt;
use std::str::FromStr;

use axum::http::Method;
use corridor_base::{Did, ErrorCode, Problem, Result};
use corridor_exchange::{Acting, Scope};
use serde::{Deserialize, Serialize};

use crate::people::DepartmentId;

/// What a token lets its bearer do, for one participant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sends and reads documents.
    Officer,
    /// Looks at acts and books, never at contents.
    Auditor,
    /// Keeps the node running: partners, trust lists, dead letters.
    Operator,
    /// Decides: agreements, keys, tokens; and everything else.
    Administrator,
}

impl Role {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Officer, Self::Auditor, Self::Operator, Self::Administrator];

    /// The word in tokens, in JSON and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Officer => "officer",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
            Self::Administrator => "administrator",
        }
    }
}

impl FromStr for Role {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.iter().copied().find(|r| r.as_str() == text).ok_or_else(|| {
            Problem::new(ErrorCode::Malformed)
                .with("what", "role (officer, auditor, operator, administrator)")
                .with("why", text)
        })
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who calls, once a token or a session has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// For which participant.
    pub participant: Did,
    /// In which role.
    pub role: Role,
    /// Which token, or which account of the console (`account:ID`): stands in acts as the reader; never
    /// a secret.
    pub reader: String,
    /// For which department; none is the whole participant.
    pub department: Option<DepartmentId>,
    /// Which documents are its business: those of the department.
    pub scope: Scope,
}

impl Caller {
    /// As the exchange and the edges of services know it.
    #[must_use]
    pub fn acting(&self) -> Acting {
        Acting {
            participant: self.participant.clone(),
            reader: self.reader.clone(),
            scope: self.scope.clone(),
        }
    }
}

/// Who may call an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Whoever reaches the listener.
    Anyone,
    /// Whoever has signed in at the console, whether they have chosen for whom they act or not.
    Person,
    /// These roles, each for its own participant.
    Roles(&'static [Role]),
    /// These roles of the participant that operates the node, for what belongs to no participant
    /// alone.
    OfNode(&'static [Role]),
}

/// The rule of one endpoint.
#[derive(Debug)]
pub struct Rule {
    /// The method; `HEAD` goes by the rule of `GET`.
    pub method: Method,
    /// The path as the router knows it.
    pub path: &'static str,
    /// Who may.
    pub who: Who,
    /// Whether documents are streamed, so that the time limit of a request does not apply.
    pub bulk: bool,
}

const fn rule(method: Method, path: &'static str, who: Who) -> Rule {
    Rule { method, path, who, bulk: false }
}

const fn bulk(method: Method, path: &'static str, who: Who) -> Rule {
    Rule { method, path, who, bulk: true }
}

use Role::{Administrator, Auditor, Officer, Operator};

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const DELETE: Method = Method::DELETE;

const ALL: Who = Who::Roles(&[Officer, Auditor, Operator, Administrator]);
const CONTENT: Who = Who::Roles(&[Officer, Administrator]);
const EVIDENCE: Who = Who::Roles(&[Officer, Auditor, Administrator]);
const DECIDE: Who = Who::Roles(&[Administrator]);

/// Every endpoint of the API listener.
pub static RULES: &[Rule] = &[
    rule(GET, "/health/live", Who::Anyone),
    rule(GET, "/health/ready", Who::Anyone),
    rule(GET, "/metrics", Who::Anyone),
    rule(GET, "/api/v1/openapi.json", Who::Anyone),
    rule(GET, "/", Who::Anyone),
    rule(GET, "/console/assets/{name}", Who::Anyone),
    rule(POST, "/console/preferences", Who::Anyone),
    bulk(GET, "/console/live", ALL),
    rule(GET, "/console/gallery", ALL),
    rule(GET, "/console", ALL),
    rule(GET, "/console/inbox", ALL),
    rule(GET, "/console/inbox/{id}", ALL),
    bulk(GET, "/console/inbox/{id}/content", CONTENT),
    bulk(GET, "/console/inbox/{id}/form", CONTENT),
    bulk(GET, "/console/inbox/{id}/file", CONTENT),
    rule(GET, "/console/outbox", ALL),
    rule(GET, "/console/outbox/send", CONTENT),
    bulk(POST, "/console/outbox/send", CONTENT),
    rule(GET, "/console/outbox/{id}", ALL),
    bulk(GET, "/console/outbox/{id}/content", CONTENT),
    bulk(GET, "/console/outbox/{id}/form", CONTENT),
    bulk(GET, "/console/outbox/{id}/file", CONTENT),
    rule(POST, "/console/outbox/{id}/resend", Who::Roles(&[Officer, Operator, Administrator])),
    rule(GET, "/console/partners", ALL),
    rule(GET, "/console/partners/{did}", ALL),
    rule(POST, "/console/partners/{did}/test", Who::Roles(&[Officer, Operator, Administrator])),
    rule(GET, "/console/partners/{did}/trade", ALL),
    rule(POST, "/console/partners/{did}/trade", DECIDE),
    rule(GET, "/console/partners/{did}/agreement", DECIDE),
    rule(POST, "/console/partners/{did}/agreement", DECIDE),
    rule(GET, "/console/agreements/accept", DECIDE),
    bulk(POST, "/console/agreements/accept", DECIDE),
    rule(GET, "/console/agreements/{id}", ALL),
    rule(GET, "/console/agreements/{id}/file", ALL),
    rule(POST, "/console/agreements/{id}/end", DECIDE),
    rule(GET, "/console/acts", Who::Roles(&[Auditor, Administrator])),
    rule(GET, "/console/acts/{id}", Who::Roles(&[Auditor, Administrator])),
    rule(GET, "/console/search", ALL),
    rule(GET, "/console/trade", ALL),
    rule(GET, "/console/trade/compare", CONTENT),
    rule(GET, "/console/trade/new", CONTENT),
    rule(GET, "/console/trade/new/{name}", CONTENT),
    rule(POST, "/console/trade/new/{name}", CONTENT),
    rule(POST, "/console/trade/drafts/remove", CONTENT),
    rule(GET, "/console/trade/bulk", CONTENT),
    bulk(POST, "/console/trade/bulk", CONTENT),
    rule(GET, "/console/trade/rejects", ALL),
    rule(GET, "/console/trade/rejects/{id}", CONTENT),
    rule(POST, "/console/trade/rejects/{id}", CONTENT),
    rule(GET, "/console/trade/codes", ALL),
    rule(POST, "/console/trade/codes", CONTENT),
    rule(GET, "/console/trade/codes/file", ALL),
    rule(GET, "/console/trade/expected", ALL),
    bulk(GET, "/console/trade/evidence", CONTENT),
    rule(POST, "/console/trade/expected", CONTENT),
    rule(GET, "/console/customs", EVIDENCE),
    rule(GET, "/console/customs/rules", EVIDENCE),
    rule(POST, "/console/customs/rules", DECIDE),
    rule(GET, "/console/customs/statistics", EVIDENCE),
    rule(GET, "/console/customs/{id}", CONTENT),
    rule(POST, "/console/customs/{id}", CONTENT),
    rule(GET, "/console/subjects", EVIDENCE),
    rule(POST, "/console/subjects", CONTENT),
    rule(GET, "/console/subjects/show", CONTENT),
    rule(POST, "/console/subjects/show", CONTENT),
    rule(GET, "/console/subjects/access", Who::Roles(&[Auditor, Administrator])),
    rule(POST, "/console/subjects/access", Who::Roles(&[Auditor, Administrator])),
    rule(POST, "/console/subjects/erase", DECIDE),
    rule(GET, "/console/subjects/erasures/{id}", EVIDENCE),
    rule(GET, "/console/help", Who::Anyone),
    rule(GET, "/console/help/errors", Who::Anyone),
    rule(GET, "/console/help/errors/{code}", Who::Anyone),
    rule(GET, "/console/help/{guide}", Who::Anyone),
    rule(GET, "/console/sign-in", Who::Anyone),
    rule(POST, "/console/sign-in", Who::Anyone),
    rule(GET, "/console/sign-in/second", Who::Anyone),
    rule(POST, "/console/sign-in/second", Who::Anyone),
    rule(POST, "/console/sign-in/passkey", Who::Anyone),
    rule(POST, "/console/sign-in/kept", Who::Person),
    rule(GET, "/console/sign-on", Who::Anyone),
    rule(GET, "/console/sign-on/back", Who::Anyone),
    rule(POST, "/console/sign-on/logout", Who::Anyone),
    rule(POST, "/console/sign-out", Who::Person),
    rule(GET, "/console/signed-out", Who::Anyone),
    rule(GET, "/console/link/{secret}", Who::Anyone),
    rule(POST, "/console/link/{secret}", Who::Anyone),
    rule(GET, "/console/setup", Who::Anyone),
    rule(POST, "/console/setup/password", Who::Anyone),
    rule(POST, "/console/setup/authenticator", Who::Anyone),
    rule(GET, "/console/acting", Who::Person),
    rule(POST, "/console/acting", Who::Person),
    rule(GET, "/console/account", Who::Person),
    rule(GET, "/console/account/name", Who::Person),
    rule(POST, "/console/account/name", Who::Person),
    rule(GET, "/console/account/password", Who::Person),
    rule(POST, "/console/account/password", Who::Person),
    rule(GET, "/console/account/authenticator", Who::Person),
    rule(POST, "/console/account/authenticator", Who::Person),
    rule(GET, "/console/account/codes", Who::Person),
    rule(POST, "/console/account/codes", Who::Person),
    rule(GET, "/console/account/passkeys", Who::Person),
    rule(POST, "/console/account/passkeys", Who::Person),
    rule(POST, "/console/account/passkeys/remove", Who::Person),
    rule(GET, "/console/account/sign-on", Who::Person),
    rule(POST, "/console/account/sign-on", Who::Person),
    rule(POST, "/console/account/sign-on/remove", Who::Person),
    rule(POST, "/console/account/sessions", Who::Person),
    rule(GET, "/console/users", DECIDE),
    rule(POST, "/console/users", DECIDE),
    rule(GET, "/console/users/new/account", DECIDE),
    rule(GET, "/console/users/{id}", DECIDE),
    rule(POST, "/console/users/{id}", DECIDE),
    rule(GET, "/console/settings", DECIDE),
    rule(POST, "/console/settings", DECIDE),
    rule(GET, "/console/settings/department", DECIDE),
    rule(POST, "/console/settings/remove", DECIDE),
    rule(GET, "/console/receipts", EVIDENCE),
    rule(GET, "/console/receipts/{id}", EVIDENCE),
    rule(GET, "/console/receipts/{id}/file", EVIDENCE),
    rule(GET, "/console/receipts/{id}/cose", EVIDENCE),
    rule(GET, "/console/receipts/{id}/print", EVIDENCE),
    rule(GET, "/console/verify", Who::Anyone),
    rule(POST, "/console/verify", Who::Anyone),
    rule(GET, "/console/verify/policy", Who::Anyone),
    rule(GET, "/console/verifier/{name}", Who::Anyone),
    rule(GET, "/console/ledger", ALL),
    rule(GET, "/console/ledger/alarms/{id}", ALL),
    rule(GET, "/console/ledger/leaves", ALL),
    rule(GET, "/console/ledger/proof", ALL),
    bulk(POST, "/console/ledger/fsck", Who::OfNode(&[Auditor, Operator, Administrator])),
    rule(GET, "/console/trust", ALL),
    rule(POST, "/console/trust", Who::OfNode(&[Operator, Administrator])),
    rule(GET, "/console/trust/lists/{country}", ALL),
    rule(GET, "/console/trust/at", ALL),
    rule(GET, "/console/doctor", Who::OfNode(&[Operator, Administrator])),
    bulk(POST, "/console/doctor", Who::OfNode(&[Operator, Administrator])),
    rule(GET, "/console/invariants", ALL),
    rule(GET, "/api/v1/outbox", ALL),
    bulk(POST, "/api/v1/outbox", CONTENT),
    rule(GET, "/api/v1/outbox/{id}", ALL),
    bulk(GET, "/api/v1/outbox/{id}/content", CONTENT),
    rule(POST, "/api/v1/outbox/{id}/resend", Who::Roles(&[Officer, Operator, Administrator])),
    rule(GET, "/api/v1/inbox", ALL),
    rule(GET, "/api/v1/inbox/{id}", ALL),
    bulk(GET, "/api/v1/inbox/{id}/content", CONTENT),
    rule(GET, "/api/v1/acts", Who::Roles(&[Auditor, Administrator])),
    rule(GET, "/api/v1/acts/{id}", Who::Roles(&[Auditor, Administrator])),
    rule(GET, "/api/v1/receipts", EVIDENCE),
    rule(GET, "/api/v1/receipts/{id}", EVIDENCE),
    rule(GET, "/api/v1/receipts/{id}/file", EVIDENCE),
    rule(GET, "/api/v1/receipts/{id}/page", EVIDENCE),
    rule(GET, "/api/v1/receipts/{id}/cose", EVIDENCE),
    rule(POST, "/api/v1/subjects", CONTENT),
    rule(POST, "/api/v1/subjects/show", CONTENT),
    rule(POST, "/api/v1/subjects/access", Who::Roles(&[Auditor, Administrator])),
    rule(POST, "/api/v1/subjects/erase", DECIDE),
    rule(GET, "/api/v1/erasures", EVIDENCE),
    rule(GET, "/api/v1/erasures/{id}", EVIDENCE),
    rule(GET, "/api/v1/partners", ALL),
    rule(GET, "/api/v1/partners/{did}", ALL),
    rule(POST, "/api/v1/partners/{did}/test", Who::Roles(&[Officer, Operator, Administrator])),
    rule(GET, "/api/v1/agreements", ALL),
    rule(POST, "/api/v1/agreements", DECIDE),
    rule(POST, "/api/v1/agreements/accept", DECIDE),
    rule(GET, "/api/v1/agreements/{id}", ALL),
    rule(POST, "/api/v1/agreements/{id}/end", DECIDE),
    rule(GET, "/api/v1/trust", ALL),
    rule(GET, "/api/v1/trust/lists/{country}", ALL),
    rule(GET, "/api/v1/trust/lists/{country}/changes", ALL),
    rule(GET, "/api/v1/trust/at", ALL),
    rule(GET, "/api/v1/trust/policy", ALL),
    rule(POST, "/api/v1/trust", Who::OfNode(&[Operator, Administrator])),
    rule(GET, "/api/v1/doctor", Who::OfNode(&[Operator, Administrator])),
    rule(GET, "/api/v1/invariants", ALL),
    rule(GET, "/api/v1/tokens", DECIDE),
    rule(POST, "/api/v1/tokens", DECIDE),
    rule(DELETE, "/api/v1/tokens/{id}", DECIDE),
    rule(GET, "/api/v1/users", DECIDE),
    rule(POST, "/api/v1/users", DECIDE),
    rule(GET, "/api/v1/users/{name}", DECIDE),
    rule(POST, "/api/v1/users/{name}/grant", DECIDE),
    rule(POST, "/api/v1/users/{name}/revoke", DECIDE),
    rule(POST, "/api/v1/users/{name}/disable", DECIDE),
    rule(POST, "/api/v1/users/{name}/enable", DECIDE),
    rule(POST, "/api/v1/users/{name}/reset-password", DECIDE),
    rule(POST, "/api/v1/users/{name}/reset-second-factor", DECIDE),
    rule(POST, "/api/v1/users/{name}/link", DECIDE),
    rule(GET, "/api/v1/users/{name}/sessions", DECIDE),
    rule(POST, "/api/v1/users/{name}/sign-out", DECIDE),
    rule(GET, "/api/v1/users/{name}/sign-on", DECIDE),
    rule(POST, "/api/v1/users/{name}/sign-on", DECIDE),
    rule(DELETE, "/api/v1/users/{name}/sign-on", DECIDE),
    rule(GET, "/api/v1/departments", ALL),
    rule(POST, "/api/v1/departments", DECIDE),
    rule(DELETE, "/api/v1/departments/{id}", DECIDE),
    rule(GET, "/api/v1/log", ALL),
    rule(GET, "/api/v1/log/leaves", ALL),
    rule(GET, "/api/v1/log/growth", ALL),
    rule(GET, "/api/v1/log/proof", ALL),
    rule(POST, "/api/v1/log/succession", Who::OfNode(&[Operator, Administrator])),
    bulk(POST, "/api/v1/log/fsck", Who::OfNode(&[Auditor, Operator, Administrator])),
    rule(GET, "/api/v1/trade/interchanges", ALL),
    rule(GET, "/api/v1/trade/interchanges/{side}/{id}", CONTENT),
    rule(GET, "/api/v1/trade/timeline", ALL),
    rule(GET, "/api/v1/trade/forms/{side}/{id}", CONTENT),
    rule(GET, "/api/v1/trade/transactions", ALL),
    rule(GET, "/api/v1/trade/compare", CONTENT),
    rule(POST, "/api/v1/trade/preview", CONTENT),
    bulk(POST, "/api/v1/trade/documents", CONTENT),
    rule(GET, "/api/v1/trade/drafts", CONTENT),
    rule(POST, "/api/v1/trade/drafts", CONTENT),
    rule(GET, "/api/v1/trade/drafts/{id}", CONTENT),
    rule(DELETE, "/api/v1/trade/drafts/{id}", CONTENT),
    rule(GET, "/api/v1/trade/rejects", ALL),
    rule(POST, "/api/v1/trade/rejects/{id}/amend", CONTENT),
    rule(GET, "/api/v1/trade/codes/{did}", ALL),
    rule(POST, "/api/v1/trade/codes/{did}", CONTENT),
    rule(GET, "/api/v1/trade/mappings", ALL),
    rule(POST, "/api/v1/trade/mappings", DECIDE),
    rule(GET, "/api/v1/trade/mappings/{name}", ALL),
    rule(DELETE, "/api/v1/trade/mappings/{name}", DECIDE),
    rule(GET, "/api/v1/trade/directories", ALL),
    bulk(POST, "/api/v1/trade/directories", Who::OfNode(&[Operator, Administrator])),
    rule(GET, "/api/v1/trade/guides", ALL),
    rule(POST, "/api/v1/trade/guides", DECIDE),
    rule(DELETE, "/api/v1/trade/guides/{name}", DECIDE),
    rule(GET, "/api/v1/trade/expected", ALL),
    bulk(GET, "/api/v1/trade/evidence", CONTENT),
    rule(POST, "/api/v1/trade/expected/{id}/waive", CONTENT),
    rule(GET, "/api/v1/trade/partners/{did}", ALL),
    rule(POST, "/api/v1/trade/partners/{did}", DECIDE),
    rule(GET, "/api/v1/trade/customs", EVIDENCE),
    rule(GET, "/api/v1/trade/customs/{id}", CONTENT),
    rule(POST, "/api/v1/trade/customs/{id}/decision", CONTENT),
    rule(GET, "/api/v1/trade/risk/rules", EVIDENCE),
    rule(POST, "/api/v1/trade/risk/rules", DECIDE),
    rule(GET, "/api/v1/trade/risk/rules/{name}", EVIDENCE),
    rule(POST, "/api/v1/trade/risk/rules/{name}/switch", DECIDE),
    rule(POST, "/api/v1/trade/risk/try", CONTENT),
    rule(GET, "/api/v1/trade/risk/statistics", EVIDENCE),
    rule(GET, "/api/v1/keys", Who::Roles(&[Auditor, Operator, Administrator])),
    rule(POST, "/api/v1/keys", DECIDE),
];

/// The rule for a method on a path of the router.
#[must_use]
pub fn rule_for(method: &Method, path: &str) -> Option<&'static Rule> {
    let method = if method == Method::HEAD { &GET } else { method };
    RULES.iter().find(|r| r.method == *method && r.path == path)
}

/// Judges a caller by a rule. `operator` is the participant that operates the node.
///
/// # Errors
/// `unauthenticated` without a caller where one is needed; `forbidden`.
pub fn judge(rule: &Rule, caller: Option<&Caller>, operator: &Did) -> Result<()> {
    let (roles, of_node) = match rule.who {
        // Of a person the guard of the console knows more than a caller says: that there is a session.
        Who::Anyone | Who::Person => return Ok(()),
        Who::Roles(roles) => (roles, false),
        Who::OfNode(roles) => (roles, true),
    };
    let caller = caller.ok_or_else(|| Problem::new(ErrorCode::Unauthenticated))?;
    if roles.contains(&caller.role) && (!of_node || &caller.participant == operator) {
        return Ok(());
    }
    Err(Problem::new(ErrorCode::Forbidden).with("what", format!("{} {}", rule.method, rule.path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(
        method: Method,
        path: &str,
        caller: Option<(&str, Role)>,
        expect: std::result::Result<(), ErrorCode>,
    ) {
        let did = |name: &str| format!("did:web:example.jp:{name}").parse::<Did>().unwrap();
        let caller = caller.map(|(who, role)| Caller {
            participant: did(who),
            role,
            reader: "t".to_owned(),
            department: None,
            scope: Scope::default(),
        });
        let rule = rule_for(&method, path).unwrap();
        let found = judge(rule, caller.as_ref(), &did("operator")).map_err(|p| p.code());
        assert_eq!(found, expect, "{method} {path} {caller:?}");
    }

    #[test]
    fn a_rule_lets_in_its_roles_and_nobody_else() {
        let forbidden = Err(ErrorCode::Forbidden);
        check(GET, "/health/live", None, Ok(()));
        check(GET, "/api/v1/inbox", None, Err(ErrorCode::Unauthenticated));
        check(GET, "/api/v1/inbox", Some(("clinic", Auditor)), Ok(()));
        check(Method::HEAD, "/api/v1/inbox", Some(("clinic", Auditor)), Ok(()));
        check(GET, "/api/v1/inbox/{id}/content", Some(("clinic", Auditor)), forbidden);
        check(POST, "/api/v1/trust", Some(("operator", Administrator)), Ok(()));
        check(POST, "/api/v1/trust", Some(("clinic", Administrator)), forbidden);
        check(POST, "/api/v1/trust", Some(("operator", Officer)), forbidden);
    }

    #[test]
    fn what_no_rule_covers_has_none() {
        assert!(rule_for(&Method::PUT, "/api/v1/inbox").is_none());
        assert!(rule_for(&GET, "/api/v1/inbox/").is_none());
    }
}
