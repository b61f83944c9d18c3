//! Trees of every small size against the definition, and numbers at their ends.

use super::*;
use corridor_base::ErrorCode;
use proptest::prelude::*;

fn leaves(n: u64) -> Vec<Digest> {
    (0..n).map(|i| leaf_hash(&i.to_be_bytes())).collect()
}

/// The definition of RFC 9162, 2.1.1, word for word.
fn mth(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => empty_root(),
        [one] => *one,
        many => {
            let (left, right) = many.split_at(many.len().next_power_of_two() / 2);
            node_hash(&mth(left), &mth(right))
        }
    }
}

fn tree(leaves: &[Digest]) -> Tree {
    Tree { size: leaves.len() as u64, root: mth(leaves) }
}

/// The tree of certificate-transparency-go's and transparency-dev/merkle's tests.
#[test]
fn the_known_tree_has_the_known_roots() {
    let entries: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    let leaves: Vec<Digest> = entries.iter().map(|e| leaf_hash(e)).collect();
    let check = |n: usize, expect: &str| assert_eq!(root(&leaves[..n]).to_string(), expect, "{n}");
    check(0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check(1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    check(2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
    check(3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77");
    check(7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c");
    check(8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
}

#[test]
fn every_proof_of_every_small_tree_holds() {
    for n in 1..40u64 {
        let all = leaves(n);
        let whole = tree(&all);
        let reader = &mut Leaves(&all);
        for i in 0..n {
            let proof = prove_inclusion(i, n, reader).unwrap();
            assert!(whole.includes(i, &all[i as usize], &proof), "{i} of {n}");
            assert!(n == 1 || !whole.includes((i + 1) % n, &all[i as usize], &proof), "{i} of {n}");
        }
        for m in 1..=n {
            let older = tree(&all[..m as usize]);
            let proof = prove_consistency(m, n, reader).unwrap();
            assert!(whole.extends(&older, &proof) && whole.follows(&older, &proof), "{m} to {n}");
        }
        for start in 0..n {
            for end in start + 1..=n {
                let Some(subtree) = Subtree::new(start, end) else { continue };
                let proof = prove_subtree(subtree, n, reader).unwrap();
                let node = mth(&all[start as usize..end as usize]);
                assert!(whole.holds(subtree, &node, &proof), "{start}..{end} of {n}");
                assert!(!whole.holds(subtree, &leaf_hash(b"other"), &proof), "{start}..{end} of {n}");
            }
        }
    }
}

#[test]
fn the_empty_tree_is_followed_by_anything_and_without_a_proof() {
    let one = tree(&leaves(1));
    let empty = Tree::empty();
    assert!(one.follows(&empty, &[]) && empty.follows(&empty, &[]));
    assert!(!one.extends(&empty, &[]), "nothing is shown of no leaves");
    assert!(!one.follows(&empty, &[one.root]));
    assert!(!one.follows(&Tree { size: 0, root: one.root }, &[]));
    assert!(!Tree { size: 0, root: one.root }.follows(&empty, &[]));
    assert!(!empty.follows(&one, &[]));
}

#[test]
fn the_largest_numbers_overflow_nothing() {
    let hash = leaf_hash(b"");
    let proof = vec![hash; MAX_PROOF];
    for size in [MAX_SIZE, u64::MAX, 1 << 63] {
        let whole = Tree { size, root: hash };
        for n in [0, 1, size / 2, size - 1, size] {
            for length in [0, 1, 62, 63, 64] {
                assert!(!whole.includes(n, &hash, &proof[..length]));
                let _ = whole.follows(&Tree { size: n, root: hash }, &proof[..length]);
                let _ = prefix_roots(n, size, &proof[..length]);
            }
        }
    }
    assert!(Subtree::new(0, MAX_SIZE).is_some());
    assert!(Subtree::new(0, u64::MAX).is_none() && Subtree::new(u64::MAX, 0).is_none());
    assert!(Subtree::new(1, 3).is_none() && Subtree::new(4, 7).is_some());
    let mut full = Frontier::from_nodes(MAX_SIZE, vec![hash; 63]).unwrap();
    assert_eq!(full.append(hash, &mut |_, _, _| {}).unwrap_err().code(), ErrorCode::TooLarge);
    assert!(Frontier::from_nodes(5, vec![hash; 3]).is_err());
    assert!(Leaves(&[hash]).node(64, 0).is_err() && Leaves(&[hash]).node(63, u64::MAX).is_err());
}

/// A reader of an imaginary tree in which every node is told from every other by its place, so
/// that proofs in trees of any size can be made and held against each other.
struct Imaginary;

impl HashReader for Imaginary {
    fn node(&mut self, level: u32, index: u64) -> Result<Digest, Problem> {
        // Below level 56 nodes are made up; above they are hashed as a tree asks.
        if level <= 56 {
            return Ok(Digest::of(&[&level.to_be_bytes()[..], &(index << level).to_be_bytes()].concat()));
        }
        Ok(node_hash(&self.node(level - 1, index * 2)?, &self.node(level - 1, index * 2 + 1)?))
    }
}

#[test]
fn proofs_in_trees_of_any_size_hold_at_the_top() {
    for (from, to) in
        [(1 << 56, MAX_SIZE), (3 << 56, 5 << 57), (7 << 56, (1 << 62) + (1 << 56)), (1 << 62, 3 << 61)]
    {
        let older = Tree { size: from, root: read_root(from, &mut Imaginary).unwrap() };
        let newer = Tree { size: to, root: read_root(to, &mut Imaginary).unwrap() };
        let proof = prove_consistency(from, to, &mut Imaginary).unwrap();
        assert!(proof.len() <= MAX_PROOF && newer.extends(&older, &proof), "{from} to {to}");
        let proof = prove_prefix(from, to, &mut Imaginary).unwrap();
        assert!(proof.len() <= MAX_PROOF);
        assert_eq!(prefix_roots(from, to, &proof), Some((older.root, newer.root)), "{from} to {to}");
    }
}

#[test]
fn numbers_and_hashes_have_one_spelling() {
    let check = |text: &str, expect: Option<u64>| assert_eq!(parse_number(text).ok(), expect, "{text:?}");
    check("0", Some(0));
    check("9223372036854775807", Some(MAX_SIZE));
    for bad in
        ["", "00", "01", "+1", "-1", " 1", "1 ", "0x1", "9223372036854775808", "99999999999999999999", "١"]
    {
        check(bad, None);
    }
    let hash = leaf_hash(b"");
    assert_eq!(parse_hash(&print_hash(&hash)).unwrap(), hash);
    let text = print_hash(&hash);
    for bad in [&text[..43], &format!("{text} "), &format!("{}b=", &text[..42]), &text.replace('=', "A"), ""]
    {
        assert!(parse_hash(bad).is_err(), "{bad:?}");
    }
    assert!(parse_proof(std::iter::repeat_n(text.as_str(), 64)).is_ok());
    assert!(parse_proof(std::iter::repeat_n(text.as_str(), 65)).is_err());
}

proptest! {
    #[test]
    fn a_tree_that_grows_has_the_root_of_the_definition(n in 0u64..300) {
        let all = leaves(n);
        let mut frontier = Frontier::new();
        for (i, leaf) in all.iter().enumerate() {
            let mut told = Vec::new();
            let index = frontier.append(*leaf, &mut |level, index, hash| told.push((level, index, hash))).unwrap();
            prop_assert_eq!(index, i as u64);
            for (level, index, hash) in told {
                prop_assert_eq!(Leaves(&all).node(level, index).unwrap(), hash);
            }
        }
        prop_assert_eq!(frontier.tree(), tree(&all));
        prop_assert_eq!(&Frontier::read(n, &mut Leaves(&all)).unwrap(), &frontier);
        prop_assert_eq!(Frontier::from_nodes(n, frontier.nodes().to_vec()).unwrap(), frontier);
    }

    #[test]
    fn proofs_hold_and_altered_ones_do_not(n in 2u64..600, i in 0u64..600, m in 1u64..600, flip in 0usize..2000) {
        let all = leaves(n);
        let whole = tree(&all);
        let (i, m) = (i % n, 1 + m % (n - 1));
        let older = tree(&all[..m as usize]);
        let reader = &mut Leaves(&all);
        let inclusion = prove_inclusion(i, n, reader).unwrap();
        let consistency = prove_consistency(m, n, reader).unwrap();
        let prefix = prove_prefix(m, n, reader).unwrap();
        prop_assert!(whole.includes(i, &all[i as usize], &inclusion));
        prop_assert!(whole.extends(&older, &consistency));
        prop_assert_eq!(prefix_roots(m, n, &prefix), Some((older.root, whole.root)));
        let alter = |proof: &[Digest]| {
            let mut proof = proof.to_vec();
            let at = flip % proof.len();
            proof[at].0[flip % 32] ^= 1 << (flip % 8);
            proof
        };
        prop_assert!(!whole.includes(i, &all[i as usize], &alter(&inclusion)));
        prop_assert!(!whole.extends(&older, &alter(&consistency)));
        prop_assert!(prefix_roots(m, n, &alter(&prefix)).is_none_or(|(_, root)| root != whole.root));
        // One hash more or one less is another proof.
        for proof in [&inclusion[1..], &inclusion[..inclusion.len() - 1], &[&inclusion[..], &[whole.root]].concat()] {
            prop_assert!(!whole.includes(i, &all[i as usize], proof));
        }
        for proof in [&consistency[1..], &consistency[..consistency.len() - 1], &[&consistency[..], &[whole.root]].concat()] {
            prop_assert!(!whole.extends(&older, proof));
        }
    }
}
