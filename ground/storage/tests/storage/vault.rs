//! Keys of persons: what lies under them opens while all of them are there, and what was destroyed is in
//! no file of the database.

use std::path::Path;

use corridor_base::{Clock, Did, ErrorCode, OsRandom, Problem, SystemClock};
use corridor_storage::{ActPage, SealId, Store, Tx, backup};

use crate::common::{Place, act, block, everywhere, server};

async fn key(store: &Store, who: &Did, reference: &str) -> Vec<u8> {
    let reference = reference.to_owned();
    let ask = move |tx: &mut Tx<'_>| {
        let found = tx.query_one(
            "SELECT key FROM subject_key WHERE participant = $1 AND partner = '' AND reference = $2",
            &[reference.as_str().into()],
        )?;
        found.map_or(Ok(Vec::new()), |row| row.bytes(0).map(<[u8]>::to_vec))
    };
    store.read(who, ask).await.unwrap()
}

fn code<T>(result: Result<T, Problem>) -> Option<ErrorCode> {
    result.err().map(|problem| problem.code())
}

#[test]
fn what_is_about_several_persons_opens_while_all_have_their_keys() {
    everywhere(
        "vault::what_is_about_several_persons_opens_while_all_have_their_keys",
        async |place: Place| {
            let store = place.open();
            let (us, partner) = (place.did("clinic"), place.did("partner"));
            let (both, one) = (SealId::new(&OsRandom), SealId::new(&OsRandom));
            let record = act(&us);
            let (to, told) = (partner.clone(), record.clone());
            let make = move |tx: &mut Tx<'_>| {
                let a = tx.subject_or_new(None, "case A", &OsRandom)?;
                let b = tx.subject_or_new(None, "case B", &OsRandom)?;
                assert_eq!(tx.subject_or_new(None, "case A", &OsRandom)?, a);
                let handle = tx.handle_for(a, &to, &OsRandom)?;
                assert_eq!(tx.handle_for(a, &to, &OsRandom)?, handle);
                assert_eq!(tx.subject_of_handle(&to, handle)?, Some(a));
                let seal = tx.new_seal(both, &[b, a])?;
                tx.record_under(&told, Some(&seal))?;
                Ok((a, seal.close("x", b"about A and B")?, tx.new_seal(one, &[b])?.close("x", b"about B")?))
            };
            let (a, of_both, of_b) = store.write(&us, make).await.unwrap();
            let stranger = place.did("stranger");
            assert_eq!(
                code(store.read(&stranger, move |tx| tx.unseal(both)).await),
                Some(ErrorCode::SubjectKeyMissing)
            );
            let opened = store.read(&us, move |tx| tx.unseal(both)?.open("x", &of_both)).await.unwrap();
            assert_eq!(opened, b"about A and B");
            let id = record.act.id;
            assert!(store.act(&us, id).await.unwrap().unwrap().opening.is_some());

            let destroyed = store.write(&us, move |tx| tx.destroy(a)).await.unwrap();
            store.shred().await.unwrap();
            assert_eq!(destroyed.handles.len(), 1);
            assert_eq!(destroyed.seals, [both]);
            assert_eq!(
                code(store.read(&us, move |tx| tx.unseal(both)).await),
                Some(ErrorCode::SubjectKeyMissing)
            );
            assert_eq!(
                store.read(&us, move |tx| tx.unseal(one)?.open("x", &of_b)).await.unwrap(),
                b"about B"
            );
            let row = store.act(&us, id).await.unwrap().unwrap();
            assert_eq!((row.opening, row.bytes), (None, record.bytes));
            let page = store.acts(&us, ActPage::default()).await.unwrap();
            assert_eq!(page.len(), 1);
            assert_eq!(
                code(store.write(&us, move |tx| tx.destroy(a)).await),
                Some(ErrorCode::SubjectKeyMissing)
            );
            store.close().await;
        },
    );
}

/// How often one of these stands in the bytes, which are gone through once.
fn held(bytes: &[u8], what: &[Vec<u8>]) -> usize {
    let mut begins = vec![false; 1 << 16];
    let pair = |of: &[u8]| usize::from(u16::from_be_bytes([of[0], of[1]]));
    what.iter().for_each(|one| begins[pair(one)] = true);
    let at = |place: &usize| {
        begins[pair(&bytes[*place..])] && what.iter().any(|one| bytes[*place..].starts_with(one))
    };
    (0..bytes.len().saturating_sub(1)).filter(at).count()
}

/// Every file below a directory that holds one of these.
fn found_in(folder: &Path, what: &[Vec<u8>]) -> Vec<String> {
    let mut open = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let count = held(&bytes, what);
            found.extend((count > 0).then(|| format!("{}: {count}", path.display())));
        }
    }
    found
}

/// The same in the files of the database on its server, as far as the server may be asked: tables, indexes and
/// what they left behind. The log of changes (WAL) is the operator's: SECURITY.md.
fn found_on_the_server(url: &str, what: &[Vec<u8>]) -> Vec<String> {
    let (url, what) = (url.to_owned(), what.to_vec());
    // The blocking client brings a runtime of its own.
    let look = move || {
        let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
        client.batch_execute("CHECKPOINT").unwrap();
        let files = client
            .query(
                "SELECT f.name, pg_read_binary_file(f.folder || f.name, 0, 100000000, true)
                 FROM (SELECT 'base/' || oid || '/' AS folder, pg_ls_dir('base/' || oid) AS name
                    FROM pg_database WHERE datname = current_database()) f",
                &[],
            )
            .unwrap();
        let found = files.iter().filter_map(|row| {
            let (name, bytes): (String, Option<Vec<u8>>) = (row.get(0), row.get(1));
            let count = held(&bytes.unwrap_or_default(), &what);
            (count > 0).then(|| format!("{name}: {count}"))
        });
        found.collect::<Vec<String>>()
    };
    std::thread::spawn(look).join().unwrap()
}

/// Keys come in no order, so that rows are moved between pages; some are destroyed, and none of them is
/// left in a free page, in the gap of a used one, or in the log. Without `secure_delete`, and without the
/// end of the log, this fails on SQLite; without the new files of the tables on PostgreSQL.
async fn destroyed_keys_are_gone(place: &Place, found: impl Fn(&[Vec<u8>]) -> Vec<String>) {
    let store = place.open();
    let us = place.did("clinic");
    let reference = |n: u32| format!("{:08x}", n.wrapping_mul(2_654_435_761));
    for n in 0..1500 {
        let name = reference(n);
        store.write(&us, move |tx| tx.subject_or_new(None, &name, &OsRandom).map(|_| ())).await.unwrap();
    }
    let (mut gone, mut here) = (Vec::new(), Vec::new());
    for n in (0..1500).step_by(9) {
        gone.push(key(&store, &us, &reference(n)).await);
        here.push(key(&store, &us, &reference(n + 1)).await);
    }
    assert!(!found(&gone[..1]).is_empty());
    for n in (0..1500).step_by(9) {
        let name = reference(n);
        let destroy = move |tx: &mut Tx<'_>| {
            let subject = tx.subject(None, &name)?.unwrap();
            tx.destroy(subject.id).map(|_| ())
        };
        store.write(&us, destroy).await.unwrap();
    }
    store.shred().await.unwrap();
    assert_eq!(found(&gone), Vec::<String>::new());
    assert_eq!(key(&store, &us, &reference(1)).await, here[0]);
    let left = store.read(&us, |tx| tx.subjects("", 1000)).await.unwrap();
    assert_eq!(left.len(), 1000);
    store.close().await;
}

#[test]
fn destroyed_keys_are_in_no_file() {
    let place = Place::sqlite();
    block(destroyed_keys_are_gone(&place, |what| found_in(place.folder(), what)));
}

#[test]
fn destroyed_keys_are_in_no_file_of_the_server() {
    let Some(server) = server() else { return };
    let place = Place::postgres(&server);
    block(destroyed_keys_are_gone(&place, |what| found_on_the_server(&place.url(), what)));
}

#[test]
fn a_backup_holds_no_keys_and_the_key_book_holds_them() {
    block(async {
        let (place, other, none) = (Place::sqlite(), Place::sqlite(), Place::sqlite());
        let store = place.open();
        let us = place.did("clinic");
        let seal = SealId::new(&OsRandom);
        let make = move |tx: &mut Tx<'_>| {
            let subject = tx.subject_or_new(None, "患者 4711", &OsRandom)?;
            tx.handle_for(subject, &"did:web:partner.example".parse()?, &OsRandom)?;
            let sealed = tx.new_seal(seal, &[subject])?.close("note/1", b"personal")?;
            tx.execute("INSERT INTO note (participant, id, bytes) VALUES ($1, 'a', $2)", &[sealed.into()])
        };
        store.write(&us, make).await.unwrap();
        let secret = key(&store, &us, "患者 4711").await;
        let (backups, book) = (place.folder().join("backups"), place.folder().join("keys.book"));
        let take = |keys| backup::write(&place.options, &backups, keys, &[], SystemClock.now(), &mut |_| {});
        let (from, manifest) = take(Some(book.as_path())).unwrap();
        assert!(
            !manifest.tables.contains_key("subject_key") && !manifest.tables.contains_key("subject_handle")
        );
        assert_eq!(found_in(&backups, &[secret.clone(), "患者".into()]), Vec::<String>::new());
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(book.metadata().unwrap().permissions().mode() & 0o777, 0o600);

        for (into, keys, expect) in
            [(&other, Some(book.as_path()), None), (&none, None, Some(ErrorCode::SubjectKeyMissing))]
        {
            let files = into.folder().join("restored");
            backup::restore(
                &from,
                keys,
                &into.options,
                &files,
                &[&crate::common::TABLES],
                SystemClock.now(),
                &mut |_| {},
            )
            .unwrap();
            let restored = into.open();
            let open = move |tx: &mut Tx<'_>| {
                let row = tx.query_one("SELECT bytes FROM note WHERE participant = $1", &[])?.unwrap();
                tx.unseal(seal)?.open("note/1", row.bytes(0)?)
            };
            let opened = restored.read(&us, open).await;
            assert_eq!(
                opened.as_ref().ok().map(Vec::as_slice),
                expect.is_none().then_some(b"personal".as_slice())
            );
            assert_eq!(code(opened), expect);
            restored.close().await;
        }
        let whole = std::fs::read(&book).unwrap();
        #[allow(clippy::disallowed_methods, reason = "a test damages a file")]
        let check = |bytes: &[u8]| {
            std::fs::write(&book, bytes).unwrap();
            let into = Place::sqlite();
            let files = into.folder().join("restored");
            let done = backup::restore(
                &from,
                Some(&book),
                &into.options,
                &files,
                &[&crate::common::TABLES],
                SystemClock.now(),
                &mut |_| {},
            );
            assert_eq!(code(done), Some(ErrorCode::BackupInvalid));
        };
        check(b"");
        check(&whole[..whole.len() - 80]);
        check(&whole[..whole.len() / 2]);
        check(&[whole.clone(), b"{}\n".to_vec()].concat());
        let mut altered = whole.clone();
        altered[whole.len() / 2] ^= 1;
        check(&altered);
        store.close().await;
    });
}
