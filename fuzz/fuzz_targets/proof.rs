//! Merkle proofs: no numbers and no hashes make a panic, and of a tree that is known a proof holds only if it is
//! the one that the tree makes.
#![no_main]
use std::sync::OnceLock;

use corridor_base::Digest;
use corridor_proof::merkle::{
    Frontier, Leaves, Subtree, Tree, leaf_hash, parse_hash, parse_number, parse_proof, prefix_roots, print_hash,
    prove_consistency, prove_inclusion, prove_subtree, root,
};
use libfuzzer_sys::fuzz_target;

const SIZE: u64 = 300;

fn leaves() -> &'static [Digest] {
    static LEAVES: OnceLock<Vec<Digest>> = OnceLock::new();
    LEAVES.get_or_init(|| (0..SIZE).map(|i| leaf_hash(&i.to_be_bytes())).collect())
}

fn tree(size: u64) -> Tree {
    Tree { size, root: root(&leaves()[..usize::try_from(size).unwrap_or(0)]) }
}

/// Any sizes at all.
fn anywhere(a: u64, b: u64, proof: &[Digest]) {
    let hash = proof.first().copied().unwrap_or(Digest([0; 32]));
    for (one, other) in [(a, b), (b, a), (a, a)] {
        let (tree, older) = (Tree { size: one, root: hash }, Tree { size: other, root: hash });
        let _ = (tree.includes(other, &hash, proof), tree.extends(&older, proof), tree.follows(&older, proof));
        let _ = prefix_roots(other, one, proof);
        if let Some(subtree) = Subtree::new(other, one) {
            let _ = (tree.holds(subtree, &hash, proof), subtree.includes(a, &hash, proof, &hash));
        }
        let _ = Frontier::from_nodes(one, proof.to_vec()).map(|f| f.tree());
    }
}

/// Hashes of the known tree, altered by what is left of the input.
fn known(mut proof: Vec<Digest>, left: &[u8]) -> Vec<Digest> {
    match left {
        [] => {}
        [how, left @ ..] => {
            let at = usize::from(*how >> 2) % (proof.len() + 1);
            match how & 3 {
                0 => proof.truncate(at),
                1 => proof.insert(at, Digest::of(left)),
                2 if at < proof.len() => proof[at] = Digest::of(left),
                _ => proof.reverse(),
            }
        }
    }
    proof
}

fuzz_target!(|bytes: &[u8]| {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    if let Ok(number) = parse_number(text) {
        assert_eq!(number.to_string(), text);
    }
    if let Ok(hash) = parse_hash(text) {
        assert_eq!(print_hash(&hash), text);
    }
    let _ = parse_proof(text.split('\n'));
    let Some((a, rest)) = bytes.split_first_chunk::<8>() else { return };
    let Some((b, rest)) = rest.split_first_chunk::<8>() else { return };
    let (a, b) = (u64::from_be_bytes(*a), u64::from_be_bytes(*b));
    let proof: Vec<Digest> = rest.chunks_exact(32).filter_map(|c| c.try_into().ok().map(Digest)).collect();
    anywhere(a, b, &proof);

    let (size, index) = (b % SIZE + 1, a % (b % SIZE + 1));
    let all = &leaves()[..usize::try_from(size).unwrap_or(0)];
    let right = prove_inclusion(index, size, &mut Leaves(all)).expect("a leaf of the tree");
    let given = known(right.clone(), rest);
    let leaf = leaves()[usize::try_from(index).unwrap_or(0)];
    assert_eq!(tree(size).includes(index, &leaf, &given), given == right);
    if index > 0 {
        let right = prove_consistency(index, size, &mut Leaves(all)).expect("sizes of the tree");
        let given = known(right.clone(), rest);
        assert_eq!(tree(size).extends(&tree(index), &given), given == right);
    }
    if let Some(subtree) = Subtree::new(index / 8 * 8, size.min(index / 8 * 8 + 8)) {
        let right = prove_subtree(subtree, size, &mut Leaves(all)).expect("a part of the tree");
        let given = known(right.clone(), rest);
        let part = |n: u64| usize::try_from(n).unwrap_or(0);
        let node = root(&leaves()[part(subtree.start())..part(subtree.end())]);
        assert_eq!(tree(size).holds(subtree, &node, &given), given == right);
    }
});
