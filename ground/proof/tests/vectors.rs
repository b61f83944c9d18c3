//! Vectors of others, found through `CORRIDOR_DATA`: the Merkle proofs of transparency-dev/merkle and the
//! Ed25519 edge cases of C2SP/CCTV.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test may fail loudly")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use corridor_base::Digest;
use corridor_proof::PublicKey;
use corridor_proof::merkle::{Subtree, Tree};
use serde_json::Value;

/// The folder of these vectors, or the reason why the test does not run.
fn data(folder: &str) -> Option<PathBuf> {
    let Some(data) = std::env::var_os("CORRIDOR_DATA") else {
        println!("not run: CORRIDOR_DATA is not set");
        return None;
    };
    let path = Path::new(&data).join("trust").join(folder);
    if path.is_dir() {
        return Some(path);
    }
    println!("not run: {} is missing", path.display());
    None
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, into);
        } else if path.extension().is_some_and(|e| e == "json") {
            into.push(path);
        }
    }
}

/// A leaf or a hash of a proof; some are no hashes, which is a reason to refuse.
fn hash(value: &Value) -> Option<Digest> {
    let bytes = STANDARD.decode(value.as_str().unwrap_or_default()).unwrap();
    bytes.try_into().ok().map(Digest)
}

/// A root. Where it is only compared and never computed, four cases write words instead of 32 bytes,
/// which our type cannot hold: a digest stands for them, equal to what is equal and to nothing else.
fn root(value: &Value) -> Digest {
    hash(value).unwrap_or_else(|| Digest::of(format!("stands for {value}").as_bytes()))
}

fn accepted(kind: &str, case: &Value) -> Option<bool> {
    let number = |name: &str| case[name].as_u64();
    let no_proof = Vec::new();
    let proof = case["proof"].as_array().unwrap_or(&no_proof).iter().map(hash).collect::<Option<Vec<_>>>()?;
    Some(match kind {
        "inclusion" => {
            let tree = Tree { size: number("treeSize")?, root: root(&case["root"]) };
            tree.includes(number("leafIdx")?, &hash(&case["leafHash"])?, &proof)
        }
        "consistency" => {
            let older = Tree { size: number("size1")?, root: root(&case["root1"]) };
            Tree { size: number("size2")?, root: root(&case["root2"]) }.extends(&older, &proof)
        }
        "subtreeinclusion" => {
            let subtree = Subtree::new(number("start")?, number("end")?)?;
            subtree.includes(number("leafIdx")?, &hash(&case["leafHash"])?, &proof, &root(&case["root"]))
        }
        "subtreeconsistency" => {
            let subtree = Subtree::new(number("start")?, number("end")?)?;
            let tree = Tree { size: number("size")?, root: root(&case["root2"]) };
            tree.holds(subtree, &root(&case["root1"]), &proof)
        }
        other => panic!("{other}: a kind of vectors that is not known"),
    })
}

#[test]
fn merkle_proofs_are_judged_as_transparency_dev_judges_them() {
    let Some(folder) = data("merkle/testdata") else { return };
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    let (mut count, mut wrong) = (BTreeMap::new(), Vec::new());
    for path in &paths {
        let kind = path.strip_prefix(&folder).unwrap().iter().next().unwrap().to_str().unwrap().to_owned();
        let case = read(path);
        let expect = !case["wantErr"].as_bool().unwrap();
        if accepted(&kind, &case).unwrap_or(false) != expect {
            wrong.push(format!("{}: {case}", path.display()));
        }
        *count.entry((kind, expect)).or_insert(0) += 1;
    }
    println!("held {}: {count:?}", paths.len() - wrong.len());
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), paths.len());
    assert_eq!(paths.len(), 518);
}

/// Our rule: a key or a first half of small order is refused, in every encoding; a half that is not
/// canonical is refused; the equation is checked without multiplying by the cofactor, over the bytes as
/// they stand. So a signature is accepted exactly when nothing is odd about it but that a point of large
/// order has a component of small order, which no check by encoding can see, and which lets nobody but
/// the owner of such a key make signatures.
#[test]
fn ed25519_edge_cases_are_judged_by_our_rule() {
    let Some(folder) = data("ed25519") else { return };
    let cases = read(&folder.join("ed25519vectors.json"));
    let (mut taken, mut refused) = (0, 0);
    for case in cases.as_array().unwrap() {
        let bytes = |name: &str| hex::decode(case[name].as_str().unwrap()).unwrap();
        let key = PublicKey::from_bytes(&bytes("key").try_into().unwrap());
        let signature = bytes("sig").try_into().unwrap();
        let message = case["msg"].as_str().unwrap().as_bytes();
        let got = key.is_ok_and(|key| key.verifies(message, &signature));
        let flags: Vec<&str> = case["flags"]
            .as_array()
            .map(|f| f.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        let expect = flags.iter().all(|f| ["low_order_component_A", "low_order_component_R"].contains(f));
        assert_eq!(got, expect, "{case}");
        if got { taken += 1 } else { refused += 1 }
    }
    println!("held {}: accepted {taken}, refused {refused}", taken + refused);
    assert_eq!((taken, refused), (43, 871));
}
