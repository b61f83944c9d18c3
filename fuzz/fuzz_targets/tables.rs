//! Tables that people bring: codes of a partner as CSV, and rows of any.
#![no_main]
use corridor_trade::edifact::csv::{cell, plain, rows};
use corridor_trade::shape::CodeTable;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(table) = CodeTable::from_csv(text) {
        assert_eq!(CodeTable::from_csv(&table.to_csv()).ok(), Some(table));
    }
    if let Ok(table) = CodeTable::from_csv(&format!("kind,ours,theirs\n{text}")) {
        assert_eq!(CodeTable::from_csv(&table.to_csv()).ok(), Some(table));
    }
    let _ = rows(text);
    // A cell is read back as it was, whatever stands in it.
    if !text.contains('\r') {
        let read = rows(&format!("x,{}\n", cell(text))).ok();
        let read = read.as_deref().and_then(|rows| rows.first()).and_then(|row| row.get(1));
        assert_eq!(read.map(|read| plain(read)), Some(text.to_owned()));
    }
});
