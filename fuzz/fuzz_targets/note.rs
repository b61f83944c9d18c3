//! Signed notes: whatever is read is written again as the same bytes.
#![no_main]
use corridor_proof::Note;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(note) = Note::parse(bytes) {
        assert_eq!(Note::parse(&note.to_bytes()).ok().as_ref(), Some(&note));
    }
});
