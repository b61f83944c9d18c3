//! The script that verifies receipts in a browser is held against this crate: the golden receipts, thousands
//! of altered ones and of altered policies, and odd signatures, in Node, which has the same WebCrypto.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test may fail loudly")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use corridor_base::{Digest, Random, SeededRandom, Timestamp};
use corridor_proof::printed::{join, split};
use corridor_proof::receipt::verify;
use corridor_proof::verdict::{Check, CheckName, State};
use corridor_proof::{Policy, PublicKey, SecretKey, Signer};
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_millis(1_795_339_500_000);

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn policy() -> String {
    std::fs::read_to_string(folder("golden/evidence/policy.txt")).unwrap()
}

/// The golden receipts, by name.
fn receipts() -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder("golden/evidence/receipts"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .map(|p| (p.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read(p).unwrap()))
        .collect();
    all.sort();
    all
}

/// What the script is to say of a receipt under a policy.
fn expect(receipt: &[u8], policy: &[u8]) -> Value {
    let Ok(policy) = Policy::parse(policy).map(Policy::as_in_a_browser) else {
        return Value::Null;
    };
    let word = |state: State| json!(state).as_str().unwrap().to_owned();
    let line = |c: &Check| {
        let wordy = matches!(c.name, CheckName::Form | CheckName::Act) && c.state == State::Failed;
        let about = if wordy { String::new() } else { c.about.join(",") };
        format!("{} {} [{about}]", c.name, word(c.state))
    };
    json!(verify(receipt, &policy, Some(NOW)).checks.iter().map(line).collect::<Vec<_>>())
}

fn vector(name: &str, receipt: &[u8], policy: &[u8]) -> Value {
    let (expect, receipt) = (expect(receipt, policy), STANDARD.encode(receipt));
    json!({ "name": name, "receipt": receipt, "policy": STANDARD.encode(policy), "expect": expect })
}

/// Runs the script over vectors; `None`, with a word, where there is no Node.
fn run(receipts: &[Value], signatures: &[Value]) -> Option<Value> {
    run_all(&Vectors { receipts, signatures, ..Vectors::default() })
}

#[derive(Default)]
struct Vectors<'a> {
    receipts: &'a [Value],
    signatures: &'a [Value],
    parts: &'a [Value],
    proofs: &'a [Value],
}

fn run_all(vectors: &Vectors<'_>) -> Option<Value> {
    let Vectors { receipts, signatures, parts, proofs } = vectors;
    let mut command = Command::new("node");
    command.arg(folder("browser/check.mjs")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        println!("not run: no node on the path");
        return None;
    };
    let input = json!({
        "now": NOW.seconds(), "receipts": receipts, "signatures": signatures, "parts": parts, "proofs": proofs,
    });
    let input = input.to_string();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    let answer: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(answer["differences"], json!([]), "{answer:#}");
    assert!(done.status.success());
    assert_eq!(answer["receipts"], receipts.len());
    assert_eq!(answer["signatures"], signatures.len());
    assert_eq!(answer["proofs"], proofs.len());
    Some(answer)
}

#[test]
fn the_golden_receipts_are_judged_alike() {
    let verdicts: Value =
        serde_json::from_slice(&std::fs::read(folder("golden/evidence/verdicts.json")).unwrap()).unwrap();
    let vectors: Vec<Value> =
        receipts().iter().map(|(name, bytes)| vector(name, bytes, policy().as_bytes())).collect();
    // What is expected is what stands in the committed file, not what the code happens to say today.
    for vector in &vectors {
        let committed = verdicts["receipts"][vector["name"].as_str().unwrap()]["checks"].as_array().unwrap();
        let expected = vector["expect"].as_array().unwrap();
        assert_eq!(committed.len(), expected.len());
        for (one, other) in committed.iter().zip(expected) {
            assert!(other.as_str().unwrap().starts_with(one.as_str().unwrap()), "{vector:#}");
        }
    }
    run(&vectors, &[]);
}

/// A file with a piece cut out, doubled, flipped, or replaced by what parsers stumble over.
fn altered(bytes: &[u8], random: &dyn Random) -> Vec<u8> {
    let [how, a, b, c, d, e, f, g]: [u8; 8] = random.bytes();
    let at = |x: u8, y: u8| usize::from(u16::from_be_bytes([x, y])) % bytes.len();
    let (from, to) = (at(a, b).min(at(c, d)), at(a, b).max(at(c, d)));
    let odd: &[&[u8]] = &[
        b"\n",
        b"\n\n",
        b" ",
        b"\t",
        b"\r",
        b"\0",
        b"=",
        b"+",
        b"0",
        b"-1",
        b"\xff",
        b"\xef\xbb\xbf",
        b"any",
        b"all",
        b"constructor",
        b"__proto__",
        "\u{2014} ".as_bytes(),
        "\u{85}".as_bytes(),
        "\u{3000}".as_bytes(),
        b"#corridor",
        b"1.0",
        b"1e0",
        b"\\ud800",
        b"{",
        b"18446744073709551616",
        b"9223372036854775808",
        b"none",
    ];
    let odd = odd[usize::from(e) % odd.len()];
    let mut out = bytes.to_vec();
    match how % 6 {
        0 => out[from] ^= 1 << (f % 8),
        1 => drop(out.drain(from..to.min(from + usize::from(g % 16) + 1))),
        2 => drop(out.splice(from..from, odd.iter().copied())),
        3 => drop(out.splice(from..(from + odd.len()).min(bytes.len()), odd.iter().copied())),
        4 => {
            // A line doubled or moved.
            let lines: Vec<&[u8]> = bytes.split_inclusive(|x| *x == b'\n').collect();
            let mut lines = lines;
            let (one, other) = (usize::from(f) % lines.len(), usize::from(g) % lines.len());
            if a % 2 == 0 {
                lines.insert(one, lines[other])
            } else {
                lines.swap(one, other)
            }
            out = lines.concat();
        }
        _ => {
            let lines: Vec<&[u8]> = bytes.split_inclusive(|x| *x == b'\n').collect();
            let gone = usize::from(f) % lines.len();
            out = lines
                .iter()
                .enumerate()
                .filter(|(i, _)| *i != gone)
                .map(|(_, l)| *l)
                .collect::<Vec<_>>()
                .concat();
        }
    }
    out
}

#[test]
fn altered_receipts_and_policies_are_judged_alike() {
    let random = SeededRandom::new(4);
    let (all, policy) = (receipts(), policy());
    // Most of the policy is one key of ML-DSA-44: what is altered lies outside of it.
    let long = policy.split([' ', '\n']).find(|word| word.len() > 1000).unwrap();
    let short = policy.replace(long, "LATER");
    let mut vectors = Vec::new();
    for round in 0..1500usize {
        let (name, bytes) = &all[round % all.len()];
        if round % 3 == 0 {
            let policy = replaced(&altered(short.as_bytes(), &random), b"LATER", long.as_bytes());
            vectors.push(vector(&format!("{name} under policy {round}"), bytes, &policy));
        } else {
            vectors.push(vector(
                &format!("{name} altered {round}"),
                &altered_act(bytes, &random),
                policy.as_bytes(),
            ));
        }
    }
    let refused = vectors.iter().filter(|v| v["expect"].is_null()).count();
    assert!((100..450).contains(&refused), "{refused} policies refused");
    run(&vectors, &[]);
}

/// With the first of these words as the other.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    match bytes.windows(from.len()).position(|window| window == from) {
        Some(at) => [&bytes[..at], to, &bytes[at + from.len()..]].concat(),
        None => bytes.to_vec(),
    }
}

/// Octets that are no UTF-8, comments that begin like ours, and names that look like others.
#[test]
fn policies_of_odd_octets_are_judged_alike() {
    let (policy, receipts) = (policy().into_bytes(), receipts());
    let odd: [&[u8]; 14] = [
        b"\xff",
        b"\xfe\x41",
        b"\xe3\x83",
        "ボ".as_bytes(),
        "⟨FF⟩".as_bytes(),
        "\u{3000}".as_bytes(),
        "\u{85}".as_bytes(),
        "\u{feff}".as_bytes(),
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        &[0xff; 64],
        &[0xff; 65],
        &[b'x'; 513],
    ];
    let places: [(&[u8], &[u8]); 6] = [
        (b"witness anchor-jp ", b"group jp any own-jp anchor-jp"),
        (b"witness anchor-kr ", b"group kr any anchor-kr"),
        (b"group both ", b"quorum both"),
        (b"anchor-jp", b"anchor-jp"),
        (b"anchor.example.jp/w+", b"#corridor countries"),
        (b"quorum", b"quorum"),
    ];
    let mut vectors = Vec::new();
    let (name, bytes) = receipts.iter().find(|(name, _)| name == "pending-kr").unwrap();
    for odd in odd {
        for comment in [&[b"#".as_slice(), odd].concat(), &[b"#corridor".as_slice(), odd].concat()] {
            let policy = [comment, b" x\n".as_slice(), &policy, b"#", odd].concat();
            vectors.push(vector(&format!("{name}, comment {odd:x?}"), bytes, &policy));
        }
        // The name of a witness everywhere, or in one place only.
        for (one, other) in places {
            let swap =
                |word: &[u8]| [word.trim_ascii_end(), odd, &word[word.trim_ascii_end().len()..]].concat();
            let first = replaced(&policy, one, &swap(one));
            vectors.push(vector(&format!("{name}, {odd:x?} after {one:x?}"), bytes, &first));
            let both = replaced(&first, other, &swap(other));
            vectors.push(vector(&format!("{name}, {odd:x?} after {one:x?}, {other:x?}"), bytes, &both));
        }
        let text = String::from_utf8_lossy(&policy).replace("anchor-kr", "NAME");
        let mut everywhere = text.into_bytes();
        while everywhere.windows(4).any(|window| window == b"NAME") {
            everywhere = replaced(&everywhere, b"NAME", odd);
        }
        vectors.push(vector(&format!("{name}, {odd:x?} everywhere"), bytes, &everywhere));
        vectors.push(vector(
            &format!("{name}, {odd:x?} twice"),
            bytes,
            &[&everywhere, b"quorum ".as_slice(), odd].concat(),
        ));
        let beside = [&everywhere[..], "group ⟨FF⟩ any jp\n".as_bytes()].concat();
        vectors.push(vector(&format!("{name}, {odd:x?} beside"), bytes, &beside));
    }
    let read = vectors.iter().filter(|v| !v["expect"].is_null()).count();
    assert!(read > 24 && read < vectors.len() - 24, "{read} of {} policies read", vectors.len());
    run(&vectors, &[]);
}

/// An ML-DSA-44 cosigner may write the time 0 (C2SP tlog-cosignature), an Ed25519 one may not.
#[test]
fn a_cosignature_without_a_time_is_judged_alike() {
    let receipt = |name: &str| receipts().into_iter().find(|(n, _)| n == name).unwrap().1;
    let text = String::from_utf8(receipt("not-checked-ml-dsa")).unwrap();
    let line = text.lines().find(|line| line.contains("later.example.kr/w")).unwrap();
    let (head, signature) = line.rsplit_once(' ').unwrap();
    let check = |time: u64, state: &str| {
        let mut bytes = STANDARD.decode(signature).unwrap();
        bytes[4..12].copy_from_slice(&time.to_be_bytes());
        let altered = text.replace(line, &format!("{head} {}", STANDARD.encode(bytes)));
        let vector = vector(&format!("time {time}"), altered.as_bytes(), policy().as_bytes());
        assert!(vector["expect"].to_string().contains(&format!("cosignatures {state}")), "{vector:#}");
        run(&[vector], &[]);
    };
    check(0, "passed");
    check(1, "passed");
    check(i64::MAX as u64, "passed");
    check(1 << 63, "failed");
}

/// A note has at most so many signatures (C2SP signed-note leaves the number open), for both alike.
#[test]
fn a_crowd_of_signatures_is_judged_alike() {
    let (_, bytes) = receipts().into_iter().find(|(name, _)| name == "complete").unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let there = text.lines().filter(|line| line.starts_with('\u{2014}')).count();
    let stranger = STANDARD.encode([7; 76]);
    let mut vectors = Vec::new();
    for (lines, state) in
        [(there, "passed"), (100, "passed"), (101, "failed"), (150, "failed"), (5000, "failed")]
    {
        let more: String =
            (there..lines).map(|n| format!("\u{2014} stranger{n}.example {stranger}\n")).collect();
        let vector =
            vector(&format!("{lines} lines"), (text.clone() + &more).as_bytes(), policy().as_bytes());
        assert!(
            vector["expect"][0].as_str().unwrap().starts_with(&format!("form {state}")),
            "{lines}: {vector:#}"
        );
        vectors.push(vector);
    }
    run(&vectors, &[]);
}

/// Altered, half of the time inside the act, which is base64 in the file.
fn altered_act(bytes: &[u8], random: &dyn Random) -> Vec<u8> {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix("extra "));
    match (line, random.bytes::<1>()) {
        (Some(line), [0..=127]) if !line.is_empty() => {
            let act = altered(&STANDARD.decode(line).unwrap(), random);
            text.replace(line, &STANDARD.encode(act)).into_bytes()
        }
        _ if bytes.is_empty() => Vec::new(),
        _ => altered(bytes, random),
    }
}

fn signature(name: &str, key: &[u8], message: &[u8], signature: &[u8], valid: bool) -> Value {
    json!({
        "name": name, "key": STANDARD.encode(key), "message": STANDARD.encode(message),
        "signature": STANDARD.encode(signature), "valid": valid,
    })
}

/// The encodings of the points of small order, canonical and not (those of y = 0, 1, -1 and of order 8).
const SMALL_ORDER: &[&str] = &[
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
];

#[test]
fn odd_signatures_are_judged_alike() {
    let key = SecretKey::from_seed("k", &Digest::of(b"k").0).unwrap();
    let public = key.public().as_bytes();
    let good = key.sign(b"message").unwrap();
    let mut vectors = vec![
        signature("good", public, b"message", &good, true),
        signature("another message", public, b"messagf", &good, false),
        signature("cut", public, b"message", &good[..63], false),
        signature("long", public, b"message", &[good.as_slice(), &[0]].concat(), false),
    ];
    for at in 0..64 {
        let mut bad = good;
        bad[at] ^= 1;
        vectors.push(signature(&format!("byte {at}"), public, b"message", &bad, false));
    }
    for point in SMALL_ORDER {
        let point = hex::decode(point).unwrap();
        // Under a key of small order a first half of the same and zero hold for one message in eight.
        for message in 0..16u8 {
            let forged = [point.as_slice(), &[0; 32]].concat();
            vectors.push(signature("small-order key", &point, &[message], &forged, false));
        }
        let forged = [point.as_slice(), &good[32..]].concat();
        vectors.push(signature("small-order first half", public, b"message", &forged, false));
        assert!(PublicKey::from_bytes(point.as_slice().try_into().unwrap()).is_err());
    }
    for vector in &vectors {
        let bytes = |name: &str| STANDARD.decode(vector[name].as_str().unwrap()).unwrap();
        let verified = PublicKey::from_bytes(&bytes("key").try_into().unwrap()).is_ok_and(|key| {
            bytes("signature").try_into().is_ok_and(|s| key.verifies(&bytes("message"), &s))
        });
        assert_eq!(vector["valid"], verified, "{vector}");
    }
    run(&[], &vectors);
}

#[test]
fn printed_parts_are_put_together_alike() {
    let file = std::fs::read(folder("golden/evidence/receipts/complete.tlog-proof")).unwrap();
    let other = std::fs::read(folder("golden/evidence/receipts/pending-kr.tlog-proof")).unwrap();
    let (parts, others) = (split(&file, 400).unwrap(), split(&other, 400).unwrap());
    let mut backwards = [parts.clone(), vec![parts[0].clone()]].concat();
    backwards.reverse();
    let mut altered = parts.clone();
    altered[1][100] ^= 1;
    let mixed = [&parts[..1], &others[1..]].concat();
    let cases: Vec<(&str, Vec<Vec<u8>>)> = vec![
        ("all", parts.clone()),
        ("backwards", backwards),
        ("the file itself", vec![file]),
        ("one missing", parts[1..].to_vec()),
        ("altered", altered),
        ("mixed", mixed),
        ("none", vec![]),
        ("no part", vec![b"a".to_vec(), b"b".to_vec()]),
        ("number 0", vec![b"corridor/receipt-part/v1 0 1 00000000\n".to_vec()]),
        ("too many", vec![b"corridor/receipt-part/v1 1 33 00000000\n".to_vec()]),
        ("beyond", vec![b"corridor/receipt-part/v1 2 1 00000000\n".to_vec()]),
        ("padded", vec![b"corridor/receipt-part/v1 01 1 00000000\n".to_vec()]),
        ("empty", vec![b"corridor/receipt-part/v1 1 1 e3b0c442\n".to_vec()]),
    ];
    let vector = |(name, parts): &(&str, Vec<Vec<u8>>)| {
        let encoded: Vec<String> = parts.iter().map(|p| STANDARD.encode(p)).collect();
        json!({ "name": name, "parts": encoded, "file": join(parts).ok().map(|f| STANDARD.encode(f)) })
    };
    let vectors: Vec<Value> = cases.iter().map(vector).collect();
    let made = vectors.iter().filter(|v| !v["file"].is_null()).count();
    assert_eq!(made, 4, "{vectors:#?}");
    run_all(&Vectors { parts: &vectors, ..Vectors::default() });
}

/// Keys in an encoding that is not canonical: y = p + 2 … p + 18, where that is a point at all.
#[test]
fn keys_have_one_spelling() {
    for low in 0xed..=0xffu8 {
        for high in [0x7f, 0xff] {
            let mut key = [0xff; 32];
            (key[0], key[31]) = (low, high);
            assert!(PublicKey::from_bytes(&key).is_err(), "{low:x} {high:x}");
        }
    }
}

/// A file or folder of vectors of others, found through `CORRIDOR_DATA`.
fn data(name: &str) -> Option<PathBuf> {
    let Some(data) = std::env::var_os("CORRIDOR_DATA") else {
        println!("not run: CORRIDOR_DATA is not set");
        return None;
    };
    let path = Path::new(&data).join("trust").join(name);
    if !path.exists() {
        println!("not run: {} is missing", path.display());
        return None;
    }
    Some(path)
}

/// The inclusion proofs of transparency-dev/merkle: all that a receipt needs of the 518.
#[test]
fn inclusion_proofs_are_judged_as_transparency_dev_judges_them() {
    let Some(folder) = data("merkle/testdata/inclusion") else { return };
    let mut folders = vec![folder];
    let mut vectors = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let case: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            let proof = if case["proof"].is_null() { json!([]) } else { case["proof"].clone() };
            vectors.push(json!({
                "name": path.display().to_string(), "size": case["treeSize"], "root": case["root"],
                "index": case["leafIdx"], "leaf": case["leafHash"], "proof": proof,
                "valid": !case["wantErr"].as_bool().unwrap(),
            }));
        }
    }
    assert_eq!(vectors.len(), 98);
    assert!(vectors.iter().any(|vector| vector["valid"] == true));
    if run_all(&Vectors { proofs: &vectors, ..Vectors::default() }).is_some() {
        println!("held {}", vectors.len());
    }
}

/// The 914 edge cases of C2SP/CCTV.
#[test]
fn the_edge_cases_of_cctv_are_judged_alike() {
    let Some(path) = data("ed25519/ed25519vectors.json") else { return };
    let cases: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let mut valid = 0;
    let vectors: Vec<Value> = cases
        .as_array()
        .unwrap()
        .iter()
        .map(|case| {
            let bytes = |name: &str| hex::decode(case[name].as_str().unwrap()).unwrap();
            let message = case["msg"].as_str().unwrap().as_bytes();
            let key = PublicKey::from_bytes(&bytes("key").try_into().unwrap());
            let verified = key.is_ok_and(|k| k.verifies(message, &bytes("sig").try_into().unwrap()));
            valid += usize::from(verified);
            signature(&case["number"].to_string(), &bytes("key"), message, &bytes("sig"), verified)
        })
        .collect();
    assert_eq!((vectors.len(), valid), (914, 43));
    if run(&[], &vectors).is_some() {
        println!("held {}", vectors.len());
    }
}
