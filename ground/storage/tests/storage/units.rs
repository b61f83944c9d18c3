//! Units of work: together or not at all, durable, and each of one participant.

use corridor_base::{Did, ErrorCode, Problem, Result};
use corridor_storage::{ActPage, DeliveryFilter, Store, Tx, Value};

use crate::common::{Place, act, act_id, delivery, everywhere};

fn add_note(tx: &mut Tx<'_>, id: &str, n: i64) -> Result<()> {
    tx.execute("INSERT INTO note (participant, id, n) VALUES ($1, $2, $3)", &[id.into(), n.into()])?;
    Ok(())
}

async fn notes(store: &Store, who: &Did) -> Vec<(String, i64)> {
    let read = |tx: &mut Tx<'_>| {
        let rows = tx.query("SELECT id, n FROM note WHERE participant = $1 ORDER BY id", &[])?;
        rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.int(1)?))).collect()
    };
    store.read(who, read).await.unwrap()
}

/// What is there of everything that a unit can leave.
async fn traces(store: &Store, who: &Did) -> [usize; 3] {
    [
        notes(store, who).await.len(),
        store.acts(who, ActPage::default()).await.unwrap().len(),
        store.deliveries(who, DeliveryFilter::default()).await.unwrap().len(),
    ]
}

/// EX-2.
#[test]
fn state_act_and_delivery_come_together_or_not_at_all() {
    everywhere("units::state_act_and_delivery_come_together_or_not_at_all", async |place: Place| {
        let (store, a) = (place.open(), place.did("a"));
        let all = |tx: &mut Tx<'_>| {
            add_note(tx, "x", 1)?;
            tx.record(&act(tx.participant()))?;
            tx.enqueue(&delivery("did:web:partner.example", "x"))
        };
        let no = store.write(&a, move |tx| {
            all(tx)?;
            Err::<(), _>(Problem::new(ErrorCode::PolicyDenied).with("what", "x").with("why", "y"))
        });
        assert_eq!(no.await.unwrap_err().code(), ErrorCode::PolicyDenied);
        assert_eq!(traces(&store, &a).await, [0, 0, 0]);
        let panics = store.write(&a, move |tx| -> Result<()> {
            all(tx)?;
            std::panic::resume_unwind(Box::new("as a fault in a unit would"))
        });
        assert_eq!(panics.await.unwrap_err().code(), ErrorCode::Internal);
        assert_eq!(traces(&store, &a).await, [0, 0, 0]);
        store.write(&a, all).await.unwrap();
        assert_eq!(traces(&store, &a).await, [1, 1, 1]);
        store.health().await.unwrap();
    });
}

#[test]
fn units_that_share_a_commit_fail_alone() {
    everywhere("units::units_that_share_a_commit_fail_alone", async |place: Place| {
        let (store, a) = (place.open(), place.did("a"));
        let all = (0..60).map(|i| {
            let id = format!("{i:02}");
            store.write(&a, move |tx| {
                add_note(tx, &id, i)?;
                match i % 3 {
                    0 => Ok(()),
                    1 => Err(Problem::new(ErrorCode::NotFound).with("what", i)),
                    _ => std::panic::resume_unwind(Box::new("a fault")),
                }
            })
        });
        let done = futures::future::join_all(all).await;
        for (i, done) in done.iter().enumerate() {
            assert_eq!(done.is_ok(), i % 3 == 0, "{i}: {done:?}");
        }
        let left: Vec<i64> = notes(&store, &a).await.into_iter().map(|(_, n)| n).collect();
        assert_eq!(left, (0..60).step_by(3).collect::<Vec<i64>>());
    });
}

#[test]
fn values_come_back_as_they_went() {
    everywhere("units::values_come_back_as_they_went", async |place: Place| {
        let (store, a) = (place.open(), place.did("a"));
        let all = [
            [Value::Null, Value::Null, Value::Null],
            [i64::MIN.into(), "".into(), Value::Bytes(Vec::new())],
            [i64::MAX.into(), "荷物 \u{1F4E6} 화물 '\"$1;--".into(), (0..=255).collect::<Vec<u8>>().into()],
        ];
        for (i, values) in all.iter().enumerate() {
            let (id, values) = (i.to_string(), values.clone());
            let stored = store.write(&a, move |tx| {
                let [n, words, bytes] = values.clone();
                tx.execute(
                    "INSERT INTO note (participant, id, n, words, bytes) VALUES ($1, $2, $3, $4, $5)",
                    &[id.clone().into(), n, words, bytes],
                )
            });
            assert_eq!(stored.await.unwrap(), 1);
        }
        let read = |tx: &mut Tx<'_>| {
            tx.query("SELECT n, words, bytes FROM note WHERE participant = $1 ORDER BY id", &[])
        };
        let rows = store.read(&a, read).await.unwrap();
        let found: Vec<Vec<Value>> = rows.into_iter().map(|row| row.into_values()).collect();
        assert_eq!(found, all);
        let nul = store.write(&a, |tx| {
            tx.execute("INSERT INTO note (participant, id) VALUES ($1, $2)", &["a\0b".into()])
        });
        assert_eq!(nul.await.unwrap_err().code(), ErrorCode::Malformed);
    });
}

#[test]
fn a_failed_statement_ends_the_unit_even_when_it_is_overlooked() {
    everywhere("units::a_failed_statement_ends_the_unit_even_when_it_is_overlooked", async |place: Place| {
        let (store, a) = (place.open(), place.did("a"));
        store.write(&a, |tx| add_note(tx, "x", 1)).await.unwrap();
        let overlooks = store.write(&a, |tx| {
            add_note(tx, "y", 2)?;
            let _ = add_note(tx, "x", 3);
            Ok(())
        });
        assert_eq!(overlooks.await.unwrap_err().code(), ErrorCode::AlreadyExists);
        assert_eq!(notes(&store, &a).await, [("x".to_owned(), 1)]);
        let upsert = |tx: &mut Tx<'_>| {
            let sql = "INSERT INTO note (participant, id, n) VALUES ($1, $2, $3) \
                       ON CONFLICT (participant, id) DO UPDATE SET n = excluded.n RETURNING n";
            tx.query_one(sql, &["x".into(), 4.into()])?.map(|row| row.int(0)).transpose()
        };
        assert_eq!(store.write(&a, upsert).await.unwrap(), Some(4));
    });
}

#[test]
fn a_mistaken_statement_is_an_error_on_every_engine() {
    everywhere("units::a_mistaken_statement_is_an_error_on_every_engine", async |place: Place| {
        let (store, a) = (place.open(), place.did("a"));
        let check = async |sql: &'static str, params: Vec<Value>| {
            let problem = store.write(&a, move |tx| tx.query(sql, &params)).await.unwrap_err();
            assert_eq!(problem.code(), ErrorCode::Internal, "{sql}: {problem}");
        };
        check("SELECT id FROM note", vec![]).await;
        check("SELECT id FROM note WHERE participant = $1 AND id = $2", vec![]).await;
        check("SELECT id FROM note WHERE participant = $1", vec![1.into()]).await;
        check("SELECT id FROM absent WHERE participant = $1", vec![]).await;
        check("SELECT absent FROM note WHERE participant = $1", vec![]).await;
        check("SELEC", vec![]).await;
        let writes = store.read(&a, |tx| add_note(tx, "x", 1)).await.unwrap_err();
        assert_eq!(writes.code(), ErrorCode::Internal);
        assert_eq!(notes(&store, &a).await, []);
        store.write(&a, |tx| add_note(tx, "x", 1)).await.unwrap();
    });
}

/// PA-1, through every public method.
#[test]
fn no_participant_sees_another() {
    everywhere("units::no_participant_sees_another", async |place: Place| {
        let (store, a, b) = (place.open(), place.did("a"), place.did("b"));
        let (sealed, sent) = (act(&a), delivery("did:web:partner.example", "x"));
        let (id, sent_id) = (sealed.act.id, sent.id);
        let fill = move |tx: &mut Tx<'_>| {
            add_note(tx, "x", 1)?;
            tx.record(&sealed)?;
            tx.enqueue(&sent)
        };
        store.write(&a, fill.clone()).await.unwrap();
        assert_eq!(traces(&store, &b).await, [0, 0, 0]);
        assert_eq!(store.act(&b, id).await.unwrap(), None);
        assert_eq!(store.resend(&b, sent_id).await.unwrap_err().code(), ErrorCode::NotFound);
        let steals = store.write(&b, |tx| {
            let changed = tx.execute("UPDATE note SET n = 9 WHERE participant = $1", &[])?;
            let deleted = tx.execute("DELETE FROM note WHERE participant = $1 AND id = $2", &["x".into()])?;
            let given_up = tx.execute(
                "UPDATE delivery SET state = 'dead' WHERE participant = $1 AND id <> $2",
                &["".into()],
            )?;
            Ok(changed + deleted + given_up)
        });
        assert_eq!(steals.await.unwrap(), 0);
        // The same identifiers live side by side.
        store.write(&b, fill).await.unwrap();
        store.write(&b, |tx| tx.execute("DELETE FROM note WHERE participant = $1", &[])).await.unwrap();
        assert_eq!(traces(&store, &a).await, [1, 1, 1]);
        assert_eq!(traces(&store, &b).await, [0, 1, 1]);
        assert_eq!(notes(&store, &a).await, [("x".to_owned(), 1)]);
        for who in [&a, &b] {
            let listed = store.deliveries(who, DeliveryFilter::default()).await.unwrap();
            assert_eq!(listed.iter().map(|one| &one.participant).collect::<Vec<_>>(), [who]);
        }
    });
}

#[test]
fn acts_are_listed_page_by_page_with_their_very_bytes() {
    everywhere("units::acts_are_listed_page_by_page_with_their_very_bytes", async |place: Place| {
        let (store, a) = (place.open(), place.did("a"));
        let mut all: Vec<_> = (0..7).map(|_| act(&a)).collect();
        for sealed in all.clone() {
            store.write(&a, move |tx| tx.record(&sealed)).await.unwrap();
        }
        all.sort_by_key(|sealed| sealed.act.id);
        let mut found = Vec::new();
        let mut page = ActPage { limit: 3, ..ActPage::default() };
        loop {
            let rows = store.acts(&a, page.clone()).await.unwrap();
            let Some(last) = rows.last() else { break };
            assert!(rows.len() <= 3);
            page.after = Some(last.id);
            found.extend(rows);
        }
        let bytes = |sealed: &corridor_proof::SealedAct| sealed.bytes.clone();
        assert_eq!(
            found.iter().map(|row| row.bytes.clone()).collect::<Vec<_>>(),
            all.iter().map(bytes).collect::<Vec<_>>()
        );
        let opening: corridor_proof::Opening =
            serde_json::from_slice(found[0].opening.as_ref().unwrap()).unwrap();
        assert!(all[0].act.opened_by(&opening));
        let newest = ActPage { newest_first: true, limit: 2, after: Some(found[6].id), ..ActPage::default() };
        let newest: Vec<_> = store.acts(&a, newest).await.unwrap().iter().map(|row| row.id).collect();
        assert_eq!(newest, [found[5].id, found[4].id]);
        assert_eq!(store.act(&a, found[2].id).await.unwrap().as_ref(), Some(&found[2]));
        assert_eq!(store.act(&a, act_id()).await.unwrap(), None);
    });
}

/// One row, many units that each read it and write what they read plus one: none may be lost.
#[test]
fn units_at_once_are_as_if_one_after_another() {
    everywhere("units::units_at_once_are_as_if_one_after_another", async |place: Place| {
        let (store, a) = (place.open(), place.did("a"));
        let set = |tx: &mut Tx<'_>| {
            tx.execute("INSERT INTO counter (participant, id, n) VALUES ($1, 'c', 0)", &[]).map(|_| ())
        };
        store.write(&a, set).await.unwrap();
        let add = |tx: &mut Tx<'_>| {
            let row = tx.query_one("SELECT n FROM counter WHERE participant = $1 AND id = 'c'", &[])?;
            let n = row.map_or(Ok(0), |row| row.int(0))?;
            tx.execute("UPDATE counter SET n = $2 WHERE participant = $1 AND id = 'c'", &[(n + 1).into()])
        };
        let all = futures::future::join_all((0..60).map(|_| store.write(&a, add))).await;
        let done = all.iter().filter(|one| one.is_ok()).count();
        let conflicts = all
            .iter()
            .filter(|one| one.as_ref().is_err_and(|p| p.code() == ErrorCode::StorageConflict))
            .count();
        assert_eq!(done + conflicts, 60);
        assert!(done >= 30, "only {done} of 60 got through");
        let read =
            |tx: &mut Tx<'_>| tx.query_one("SELECT n FROM counter WHERE participant = $1 AND id = 'c'", &[]);
        let n = store.read(&a, read).await.unwrap().unwrap().int(0).unwrap();
        assert_eq!(n, done as i64);
    });
}

#[test]
fn closing_finishes_what_was_accepted() {
    everywhere("units::closing_finishes_what_was_accepted", async |place: Place| {
        let (store, a) = (place.open(), place.did("a"));
        let writes: Vec<_> = (0..50)
            .map(|i| {
                let (store, a) = (store.clone(), a.clone());
                tokio::spawn(
                    async move { store.write(&a, move |tx| add_note(tx, &format!("{i:02}"), i)).await },
                )
            })
            .collect();
        tokio::task::yield_now().await;
        store.close().await;
        let mut kept = 0;
        for write in writes {
            match write.await.unwrap() {
                Ok(()) => kept += 1,
                Err(problem) => assert_eq!(problem.code(), ErrorCode::ShuttingDown),
            }
        }
        let refused = store.write(&a, |tx| add_note(tx, "late", 1)).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::ShuttingDown);
        assert_eq!(store.health().await.unwrap_err().code(), ErrorCode::ShuttingDown);
        let store = place.open();
        assert_eq!(notes(&store, &a).await.len(), kept);
    });
}

/// Whom nobody disturbs need not wait for another thread to wake up.
#[test]
fn who_asks_alone_writes_on_the_thread_that_asks() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let place = Place::sqlite();
        let (store, a) = (place.open(), place.did("a"));
        let write = |id: &'static str| {
            store.write(&a, move |tx| add_note(tx, id, 1).map(|()| std::thread::current().id()))
        };
        let here = std::thread::current().id();
        assert_eq!(write("first").await.unwrap(), here);
        let (one, other) = tokio::join!(write("second"), write("third"));
        assert!(one.is_ok() && other.is_ok());
        let refused = write("first").await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::AlreadyExists);
        assert_eq!(write("fourth").await.unwrap(), here);
        assert_eq!(notes(&store, &a).await.len(), 4);
        store.close().await;
        assert_eq!(write("late").await.unwrap_err().code(), ErrorCode::ShuttingDown);
    });
}
