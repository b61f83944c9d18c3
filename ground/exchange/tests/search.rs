//! A document is found by a part of its name or the beginning of its identifier, however many came after
//! it, by those whose business it is, on SQLite and on PostgreSQL alike.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod common;

use common::{Node, Setup, World};
use corridor_base::EnvelopeId;
use corridor_exchange::{Draft, Scope, Side};
use corridor_storage::Tx;

/// More than any page, any round and any cache holds.
const NEWER: i64 = 10_500;

/// Documents that came in after everything there is.
async fn fill(node: &Node) {
    let unit = |tx: &mut Tx<'_>| {
        let now = tx.now().millis();
        for n in 0..NEWER {
            tx.execute(
                "INSERT INTO document (participant, side, id, partner, kind, agreement, size, sha256, name,
                    statement, state, created, updated)
                 VALUES ($1, 'out', $2, 'did:web:filler.example', 'note', '', 1, '', $3, $4, 'delivered', $5, $5)",
                &[
                    format!("ffffffff-0000-7000-8000-{n:012x}").into(),
                    format!("filler-{n}.edi").into(),
                    Vec::<u8>::new().into(),
                    (now + 1000 + n).into(),
                ],
            )?;
        }
        Ok(())
    };
    node.exchange.store().write(&node.us, unit).await.unwrap();
}

async fn finds_what_is_older_than_ten_thousand_others(postgres: bool) {
    let world = World::with(Setup { postgres, ..Setup::default() }).await;
    let (kr, jp) = (&world.kr, &world.jp);
    let draft = |name: &str, subjects: &[&str]| Draft {
        id: None,
        to: jp.us.clone(),
        kind: "note".parse().unwrap(),
        agreement: None,
        name: Some(name.to_owned()),
        answers: None,
        subjects: subjects.iter().map(|s| (*s).to_owned()).collect(),
    };
    let old = kr.hand_in(draft("輸入申告書 100%_Old.edi", &[]), b"one").await.unwrap();
    let second = kr.hand_in(draft("수입신고서.edi", &[]), b"two").await.unwrap();
    kr.hand_in(draft("hanako.txt", &["case A"]), b"about a person").await.unwrap();
    fill(kr).await;
    let find = async |side: Side, words: &str, scope: &Scope| -> Vec<EnvelopeId> {
        let found = kr.exchange.search(&kr.us, side, words, scope, 20).await.unwrap();
        found.iter().map(|row| row.id).collect()
    };
    let check = async |words: &str, expect: &[EnvelopeId]| {
        assert_eq!(find(Side::Out, words, &Scope::default()).await, expect, "{words}");
        assert!(find(Side::In, words, &Scope::default()).await.is_empty(), "{words} in the other book");
    };
    check("申告書", &[old]).await;
    check("100%_oLD", &[old]).await;
    check("신고", &[second]).await;
    check(&old.to_string(), &[old]).await;
    check(&old.to_string()[..30].to_uppercase(), &[old]).await;
    check("nothing of that name", &[]).await;
    // What is about persons lies sealed, its name with it (LG-3).
    check("hanako", &[]).await;
    // What is not the business of whoever asks is not found.
    let of = |kind: &str, partner: Option<&corridor_base::Did>| {
        Scope::of(vec![kind.parse().unwrap()], partner.cloned().into_iter().collect())
    };
    assert_eq!(find(Side::Out, "申告書", &of("note", None)).await, [old]);
    assert_eq!(find(Side::Out, "申告書", &of("note", Some(&jp.us))).await, [old]);
    assert!(find(Side::Out, "申告書", &of("note", Some(&jp.second))).await.is_empty());
    assert!(find(Side::Out, "申告書", &of("edifact", None)).await.is_empty());
    assert!(find(Side::Out, &old.to_string(), &of("edifact", None)).await.is_empty());
}

#[tokio::test]
async fn a_document_is_found_however_many_came_after_it() {
    finds_what_is_older_than_ten_thousand_others(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_found_in_postgresql_too() {
    if std::env::var_os("CORRIDOR_TEST_POSTGRES").is_none() {
        println!("not run: PostgreSQL (CORRIDOR_TEST_POSTGRES is not set)");
        return;
    }
    finds_what_is_older_than_ten_thousand_others(true).await;
}
