//! The guides of `docs/guide` are true: the program understands every command in them, and the service that
//! they show as an example is this one, which hears of a letter and counts it once.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod common;

use std::sync::Arc;

use async_trait::async_trait;
use common::{CONTENT, World};
use corridor_base::{Did, EnvelopeId, Lang, OsRandom, Result};
use corridor_exchange::{DocumentRow, Exchange, Service, Side};
use corridor_node::cli;
use corridor_node::help::guide::GUIDES;
use corridor_storage::{Migration, Options, Schema, Store, Unit};

struct Letters;

#[async_trait]
impl Service for Letters {
    fn name(&self) -> &'static str {
        "letters"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["letter"]
    }

    async fn document(&self, _: &Exchange, _: &Did, document: DocumentRow) -> Result<Unit> {
        // Everything slow or fallible stands before the unit, which may run several times.
        let (id, size) = (document.id.to_string(), document.size);
        Ok(Box::new(move |tx| {
            tx.execute(
                "INSERT INTO letter (participant, envelope, size) VALUES ($1, $2, $3)
                 ON CONFLICT (participant, envelope) DO NOTHING",
                &[id.as_str().into(), i64::try_from(size).unwrap_or(i64::MAX).into()],
            )?;
            Ok(())
        }))
    }

    async fn erased(&self, _: &Exchange, _: &Did, _: Side, id: EnvelopeId) -> Result<Unit> {
        let id = id.to_string();
        Ok(Box::new(move |tx| {
            tx.execute("DELETE FROM letter WHERE participant = $1 AND envelope = $2", &[id.as_str().into()])?;
            Ok(())
        }))
    }
}

const SCHEMA: Schema = Schema {
    name: "letters",
    migrations: &[Migration {
        version: 1,
        name: "letters",
        sql: "CREATE TABLE letter (
            participant TEXT NOT NULL,
            envelope TEXT NOT NULL,
            size INTEGER NOT NULL,
            PRIMARY KEY (participant, envelope)
        )",
        verify: "SELECT CASE WHEN (SELECT COUNT(*) FROM letter) >= 0 THEN 1 ELSE 0 END",
    }],
};

/// The fenced blocks of a language in a text.
fn blocks<'a>(text: &'a str, of: &str) -> Vec<&'a str> {
    let fence = format!("```{of}\n");
    text.split(fence.as_str()).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// The words of a command line as a shell would split it, up to where its output goes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            '>' | '|' if !quoted => break,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn the_program_understands_every_command() {
    let mut seen = 0;
    for guide in GUIDES {
        for lang in Lang::ALL {
            let text = guide.text(*lang);
            for line in blocks(text, "sh").into_iter().flat_map(str::lines).filter(|l| !l.is_empty()) {
                let words = words(line);
                if words[0] != "corridor" {
                    assert_eq!(words[0], "cargo", "{} {lang}: {line}", guide.name);
                    continue;
                }
                seen += 1;
                if let Err(why) = cli::understands(&words) {
                    panic!("docs/guide/{lang}/{}.md: {line}\n{why}", guide.name);
                }
            }
        }
    }
    assert!(seen > 100, "only {seen} commands were found");
}

#[test]
fn what_is_no_command_is_not_understood() {
    let check =
        |line: &str, expect: bool| assert_eq!(cli::understands(&words(line)).is_ok(), expect, "{line}");
    check("corridor doctor", true);
    check("corridor --version", true);
    check("corridor trust policy > witnesses.policy", true);
    check("corridor doctro", false);
    check("corridor send a.edi", false);
    check("corridor verify receipt.txt --police b", false);
}

#[test]
fn the_service_in_the_guide_is_this_one() {
    let this = include_str!("guide.rs");
    for guide in GUIDES.iter().filter(|guide| guide.name == "service") {
        for lang in Lang::ALL {
            let shown = blocks(guide.text(*lang), "rust");
            assert_eq!(shown.len(), 2);
            for block in shown {
                assert!(this.contains(block), "{lang}: the guide shows what is not compiled:\n{block}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_counts_a_letter_once() {
    let world = World::new().await;
    let (clock, random) = (world.node.clock.clone(), Arc::new(OsRandom));
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(Options::directory(folder.path()), &[&SCHEMA], clock, random).unwrap();
    let (us, exchange) = (&world.customs, &world.node.exchange);
    for _ in 0..2 {
        let letter = exchange.document(us, Side::In, world.document).await.unwrap();
        let unit = Letters.document(exchange, us, letter).await.unwrap();
        store.write(us, unit).await.unwrap();
    }
    let counted = "SELECT COUNT(*), SUM(size) FROM letter WHERE participant = $1";
    let rows = store.read(us, move |tx| tx.query(counted, &[])).await.unwrap();
    let expect = (1, i64::try_from(CONTENT.len()).unwrap());
    assert_eq!((rows[0].int(0).unwrap(), rows[0].int(1).unwrap()), expect);
    assert_eq!((Letters.name(), Letters.kinds()), ("letters", ["letter"].as_slice()));
    world.running.stop().await;
}
