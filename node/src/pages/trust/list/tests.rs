//! What the page of one trust list shows: keys over time, and what changed.

use super::super::tests::{at, now, summary};
use super::*;
use crate::pages::evidence::tests::{holds, viewer};
use corridor_base::{Did, Lang, Words};
use corridor_identity::Standing;
use corridor_proof::{PublicKey, SecretKey, Signer as _};

fn public() -> PublicKey {
    SecretKey::generate("k", &corridor_base::SeededRandom::new(1)).unwrap().public().clone()
}

fn listed(name: &str, removed: Option<Timestamp>) -> ListedParticipant {
    let did: Did = format!("did:web:{name}.example.jp").parse().unwrap();
    let key = |id: &str, from: &str, until: Option<&str>| ListedKey {
        id: format!("{did}#{id}").parse().unwrap(),
        key: public(),
        from: at(from),
        until: until.map(at),
        void_after: None,
    };
    let keys = vec![
        key("one", "2026-01-01T00:00:00.000Z", Some("2026-06-01T00:00:00.000Z")),
        key("two", "2026-06-01T00:00:00.000Z", None),
    ];
    let name = Words::same("<script>alert(1)</script>");
    ListedParticipant { did, name, endpoint: "https://\"><img>".to_owned(), keys, removed, ledger: None }
}

#[test]
fn a_list_is_shown_with_keys_over_time_and_what_changed() {
    let changes = vec![
        Change::Removed { who: listed("a", None).did, at: now() },
        Change::KeyDropped { key: listed("a", None).keys[0].id.clone() },
    ];
    let check = |participants: Vec<ListedParticipant>, changes: Vec<Change>, expect: &[&str]| {
        for lang in Lang::ALL {
            let viewer = viewer(*lang);
            let country: Country = "JP".parse().unwrap();
            let sheet = ListSheet {
                summary: summary("JP", Standing::InForce, "2026-12-30T00:00:00.000Z"),
                participants: participants.clone(),
                next: Some("did:web:b".to_owned()),
                q: "\"><b>".to_owned(),
                began: false,
                changes: ChangesBody {
                    country,
                    from: Some(1),
                    to: 2,
                    kept: vec![1, 2],
                    changes: changes.clone(),
                },
                now: now(),
            };
            let html = page(&viewer, &sheet).html(&viewer);
            holds(&html, expect);
            assert!(
                !html.contains("<script>alert") && !html.contains("\"><b>") && !html.contains("<img>"),
                "{html}"
            );
        }
    };
    check(vec![], vec![], &["class=\"empty\"", "trust changes JP <span class=\"whole\">--from</span> 1 "]);
    check(
        vec![listed("a", None), listed("b", Some(now()))],
        changes,
        &["<svg width=\"200\"", "badge bad", "notice bad", "after=did%3Aweb%3Ab"],
    );
}

#[test]
fn participants_are_found_by_name_and_paged() {
    let all: Vec<ListedParticipant> = (0..120).map(|i| listed(&format!("p{i:03}"), None)).collect();
    let check = |q: &str, after: &str, count: usize, next: Option<&str>| {
        let (found, more) = chosen(&all, q, after);
        assert_eq!((found.len(), more.as_deref()), (count, next), "{q} after {after}");
    };
    check("", "", 50, Some("did:web:p049.example.jp"));
    check("", "did:web:p099.example.jp", 20, None);
    check("P011", "", 1, None);
    check("ALERT", "", 50, Some("did:web:p049.example.jp"));
    check("nobody", "", 0, None);
}

#[test]
fn a_long_name_is_told_apart_by_its_number() {
    let check = |text: &str, expect: &str| assert_eq!(brief(text), expect);
    check("log.example.jp/log+4025628f+AYsuiX2/DWwLVtUK", "log.example.jp/log (4025628f)");
    check("did:web:customs.example.jp#k1", "customs.example.jp#k1");
    check("did:web:localhost%3A7080:forwarder", "localhost:7080:forwarder");
    check("a+b+c", "a+b+c");
    check("https://customs.example.jp", "https://customs.example.jp");
}
