//! Documents as people use them: read by a mapping into labelled fields and tables, with totals; drawn, where
//! a picture says more; typed into a form, and compared with each other. Pure: bytes and texts in, values out.
//!
//! Labels follow from the names of a mapping's fields, so that a mapping that comes later is shown in three
//! languages without being described a second time. What has no word of its own is called by its segment.

mod amend;
mod codes;
mod compare;
mod decimal;
mod fill;
mod label;
mod mappings;
mod money;
mod parts;
mod pieces;
mod ready;
mod sheet;
pub mod stowage;
mod text;

pub use amend::rewrite;
pub use codes::{CodeKind, CodeTable, Ours, Replaced, Translated, Untranslated};
pub use compare::{Pair, Side, compare};
pub use decimal::Decimal;
pub use fill::{BadPath, MOST_ITEMS, Place, fill, list_at, places};
pub use label::{Label, field_label, list_entry, list_label, path_label, word_label};
pub use mappings::{Mappings, by_message, by_name, shipped};
pub use money::{Doubt, Total, decimals, doubts, totals};
pub use parts::{Part, alone, parts, put};
pub use ready::{Ready, Remark, envelope, person_unnamed, ready, syntax_for, test_refused};
pub use sheet::{Entry, Level, List, Lookup, Nature, Sheet, Sheets, Shown, sheet, sheets};
pub use text::{encode, segments};

#[cfg(test)]
mod tests;
