//! Tiles and entry bundles as a log serves them: any bytes are refused or read whole, and what was read makes the
//! same bytes; a path has one spelling.
#![no_main]
use corridor_proof::tile::{Kind, Tile, between, hash_bytes, push_entry, take_entry};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (first, rest) = bytes.split_first().unwrap_or((&0, &[]));
    let width = u16::from(*first) + 1;
    for kind in [Kind::Entries, Kind::Hashes(0)] {
        let tile = Tile::new(kind, 7, width).expect("a tile that a tree can have");
        if let Ok(hashes) = tile.hashes(rest) {
            assert_eq!((hashes.len(), hash_bytes(&hashes).as_slice()), (usize::from(width), rest));
        }
        if let Ok(entries) = tile.entries(rest) {
            let mut again = Vec::new();
            entries.iter().for_each(|entry| push_entry(&mut again, entry).expect("it was read"));
            assert_eq!((entries.len(), again.as_slice()), (usize::from(width), rest));
        }
    }
    let mut left = bytes;
    while let Some((entry, after)) = take_entry(left) {
        assert_eq!(entry.len() + after.len() + 2, left.len());
        left = after;
    }
    if let Ok(tile) = std::str::from_utf8(bytes).unwrap_or_default().parse::<Tile>() {
        assert_eq!(tile.to_string().as_bytes(), bytes);
    }
    // Whatever a log grows from and to: its tiles are in it, and as wide as it has them.
    if let Some((from, rest)) = bytes.split_first_chunk::<8>() {
        let more = rest.first_chunk::<2>().map_or(0, |more| u64::from(u16::from_be_bytes(*more)));
        let from = u64::from_be_bytes(*from) >> 2;
        assert!(between(from, from + more).all(|tile| tile.is_in(from + more)));
    }
});
