//! A UNECE directory: any bytes for a zip, and any text for each kind of file in one, is refused or loaded,
//! and what was loaded can be checked with and compared.
#![no_main]
use std::sync::Arc;

use corridor_trade::directory::{Directory, changes};
use corridor_trade::rules::Shelf;
use libfuzzer_sys::fuzz_target;

/// The files of an archive, stored.
fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut central) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let at = out.len() as u32;
        let mut head = vec![0, 0, 0, 0, 0, 0, 0, 0];
        head.extend(crc.sum().to_le_bytes());
        head.extend((content.len() as u32).to_le_bytes());
        head.extend((content.len() as u32).to_le_bytes());
        head.extend((name.len() as u16).to_le_bytes());
        head.extend([0, 0]);
        out.extend(b"PK\x03\x04\x14\x00");
        out.extend(&head);
        out.extend(name.as_bytes());
        out.extend(*content);
        central.extend(b"PK\x01\x02\x14\x00\x14\x00");
        central.extend(&head);
        central.extend([0; 10]);
        central.extend(at.to_le_bytes());
        central.extend(name.as_bytes());
    }
    let start = out.len() as u32;
    let size = central.len() as u32;
    out.extend(central);
    out.extend(b"PK\x05\x06\x00\x00\x00\x00");
    out.extend([(files.len() as u16).to_le_bytes(), (files.len() as u16).to_le_bytes()].concat());
    out.extend(size.to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

fuzz_target!(|bytes: &[u8]| {
    let _ = Directory::load(bytes);
    // Five texts, apart by a byte that none of them holds.
    let mut texts = bytes.split(|b| *b == 0).chain(std::iter::repeat(&[][..]));
    let mut next = || texts.next().unwrap_or_default();
    let files = [
        ("EDSD.99Z", next()),
        ("EDCD.99Z", next()),
        ("EDED.99Z", next()),
        ("UNCL.99Z", next()),
        ("TESTER_D.99Z", next()),
    ];
    if let Ok(directory) = Directory::load(&zip(&files)) {
        assert!(changes(&directory, &directory, None).is_empty());
        Shelf::default().add(Arc::new(directory));
    }
});
