//! UN/EDIFACT (ISO 9735, syntax versions 1 to 4, batch): bytes to segments, segments to a judged
//! interchange, a judged interchange to a tree for people and a CONTRL for its sender.

pub mod align;
pub mod charset;
pub mod contrl;
pub mod convert;
pub mod csv;
pub mod envelope;
pub mod fault;
mod judge;
pub mod response;
pub mod token;
pub mod tree;
pub mod write;

pub use charset::{Charset, Value};
pub use contrl::{Action, Answering, Contrl, NoAnswer, answer, read_contrl};
pub use envelope::{
    Acknowledgement, Check, Fault, GroupHeader, Header, MessageHeader, Options, Party, Position, Reader,
    Report, Verdict, Visit, read, read_bytes,
};
pub use fault::{FaultCode, Finding, Level, Place, Severity};
pub use token::{Delimiters, Limits, Part, Segment, Token, Tokenizer, tokenize};
pub use tree::{Page, Tree, tree};
pub use write::Writer;
