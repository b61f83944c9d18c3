//! Words that many pages say alike: how things stand, what kinds are called, problems that were kept.

use corridor_base::problem::ProblemDocument;
use corridor_base::{Lang, Problem};
use corridor_console::component::{Badge, CountryBadge, Notice, Tone};
use corridor_console::{Markup, Viewer};

use super::text;
use crate::api::receipts::ReceiptBody;
use crate::node::Node;

/// How something stands: the word of the table of states, and what it means for its reader.
#[must_use]
pub fn state(lang: Lang, word: &str) -> Badge {
    let tone = match word {
        "delivered" | "received" | "in-force" | "complete" | "accepted" | "current" => Tone::Good,
        "sending" | "receiving" | "proposed" | "pending" | "sent" => Tone::Wait,
        "refused" | "failed" | "rejected" | "partly-rejected" | "unreadable" => Tone::Bad,
        _ => Tone::Idle,
    };
    let t = text(lang);
    let said = t.or(&format!("state-{word}"), "");
    Badge::new(tone, if said.is_empty() { t.or(&format!("word-{word}"), word) } else { said })
}

/// What a kind of document is called.
#[must_use]
pub fn kind(lang: Lang, kind: &str) -> String {
    let key: String = kind.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    text(lang).or(&format!("kind-{key}"), kind)
}

/// What an act of this type is called.
#[must_use]
pub fn act(lang: Lang, kind: &str) -> String {
    text(lang).or(&format!("act-{kind}"), kind)
}

/// A problem that was kept, as a notice in the reader's language; in that of whoever kept it, when its
/// code is not of this build.
#[must_use]
pub fn kept(lang: Lang, document: &ProblemDocument) -> Notice {
    match Problem::from_document(document) {
        Some(problem) => Notice::problem(lang, &problem),
        None => {
            let body = Markup::paragraph(&document.detail).and(Markup::paragraph(&document.remedy));
            Notice::new(Tone::Bad, document.title.clone()).body(body)
        }
    }
}

/// Which countries have cosigned: a badge for each that the policy asks for (LG-2).
#[must_use]
pub fn countries(node: &Node, lang: Lang, receipt: &ReceiptBody) -> Markup {
    let Ok(policy) = node.ledger.policy.policy() else { return Markup::none() };
    let covered = receipt.index.is_some() && receipt.missing.iter().all(|m| m.check != "inclusion");
    let badge = |country: &corridor_base::Country| {
        let check = format!("country-{country}");
        let cosigned = covered && receipt.missing.iter().all(|m| m.check != check);
        CountryBadge { country: country.to_string(), cosigned }.in_language(lang)
    };
    Markup::join(policy.countries().iter().map(badge))
}

/// A partner by its name, leading to its page for those who may open it.
#[must_use]
pub fn partner(node: &Node, viewer: &Viewer, did: &corridor_base::Did) -> Markup {
    let name = super::viewer::name(node, did, viewer.lang());
    if !viewer.may("GET /console/partners/{did}") {
        return Markup::text(name);
    }
    Markup::link(&partner_path(did), name)
}

/// The page of a partner.
#[must_use]
pub fn partner_path(did: &corridor_base::Did) -> String {
    format!("/console/partners/{}", corridor_console::component::percent(did.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_and_every_act_has_its_word() {
        for lang in Lang::ALL {
            for word in [
                "sending",
                "delivered",
                "refused",
                "failed",
                "receiving",
                "received",
                "erased",
                "proposed",
                "ended",
                "in-force",
                "complete",
                "pending",
                "accepted",
                "rejected",
                "partly-rejected",
                "unreadable",
                "sent",
                "expired",
                "removed",
                "upcoming",
                "current",
            ] {
                let t = text(*lang);
                assert!(t.has(&format!("state-{word}")) || t.has(&format!("word-{word}")), "{lang}: {word}");
            }
            for kind in corridor_proof::act::TYPES {
                assert_ne!(act(*lang, kind.name), kind.name, "{lang}");
                for field in kind.fields {
                    assert!(
                        text(*lang).has(&format!("act-field-{field}")),
                        "{lang}: {field} of {}",
                        kind.name
                    );
                }
            }
        }
    }
}
