//! Our codes and a partner's: which places of a mapping hold goods codes (HS), places (UN/LOCODE), units and
//! parties, and a document with the partner's codes put in, or ours put for the partner's.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use corridor_base::{ErrorCode, Problem};
use serde::{Deserialize, Serialize};

use crate::edifact::csv::{cell, plain, rows};
use crate::mapping::{Item, Losses, Mapping, Record, Slot, Source, Template, Why};

/// The most rows of one partner.
const MOST: usize = 10_000;
/// The longest code, in characters.
const LONGEST: usize = 35;

/// What a code is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CodeKind {
    /// Goods (Harmonized System and what countries add to it).
    Hs,
    /// A place (UN/LOCODE).
    Unlocode,
    /// A unit of measure or a package type.
    Unit,
    /// A party.
    Party,
}

impl CodeKind {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Hs, Self::Unlocode, Self::Unit, Self::Party];

    /// The word in tables and files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hs => "hs",
            Self::Unlocode => "unlocode",
            Self::Unit => "unit",
            Self::Party => "party",
        }
    }

    /// What a place of a segment holds.
    #[must_use]
    pub fn of(template: &Template, slot: Slot) -> Option<Self> {
        let at = (template.segment.as_str(), slot.element, slot.component);
        match at {
            ("CST", 2, 1) => Some(Self::Hs),
            ("PIA", element, 1) if element > 1 => {
                let list = template.set.get(&Slot { element, component: 2 });
                matches!(list, Some(Source::Fixed(code)) if code == "HS").then_some(Self::Hs)
            }
            ("LOC", 2, 1) => Some(Self::Unlocode),
            ("QTY", 1, 3) | ("MEA", 3, 1) | ("GID", 2, 2) | ("PAC", 3, 1) => Some(Self::Unit),
            ("NAD", 2, 1) => Some(Self::Party),
            _ => None,
        }
    }
}

impl fmt::Display for CodeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for CodeKind {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == text).ok_or_else(|| {
            Problem::new(ErrorCode::Malformed)
                .with("what", "kind (hs, unlocode, unit, party)")
                .with("why", text)
        })
    }
}

/// The codes of one partner: ours and theirs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeTable(pub BTreeMap<(CodeKind, String), String>);

/// A code that was put for another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Replaced {
    /// Where it stands.
    pub place: String,
    /// What it is of.
    pub kind: CodeKind,
    /// Ours.
    pub ours: String,
    /// The partner's.
    pub theirs: String,
}

/// A code for which there is no other: the table has codes of its kind, and not this one, or several for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Untranslated {
    /// Where it stands.
    pub place: String,
    /// What it is of.
    pub kind: CodeKind,
    /// The code, which stays as it is.
    pub code: String,
    /// Whether there are several, so that none can be put.
    pub several: bool,
}

/// What became of the codes of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Translated {
    /// Codes that were put for others.
    pub replaced: Vec<Replaced>,
    /// Codes that stayed.
    pub untranslated: Vec<Untranslated>,
}

impl Translated {
    /// What had no translation, as losses of this document.
    #[must_use]
    pub fn losses(&self, document: u64) -> Losses {
        let mut losses = Losses::default();
        for one in &self.untranslated {
            let why = if one.several { Why::Ambiguous } else { Why::Untranslated };
            losses.add(why, document, &one.place, &one.code);
        }
        losses
    }
}

/// The same codes from the other side: which of ours stand for one of the partner's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ours(BTreeMap<(CodeKind, String), Vec<String>>);

impl Ours {
    /// Ours for one of theirs; several where theirs is the coarser list.
    #[must_use]
    pub fn of(&self, kind: CodeKind, theirs: &str) -> &[String] {
        self.0.get(&(kind, theirs.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// Puts our codes for the partner's, where one of ours is meant and no other.
    #[must_use]
    pub fn apply(&self, mapping: &Mapping, record: &mut Record) -> Translated {
        let mut done = Translated::default();
        each(&mapping.segments, record, "", &mut |kind, value, place| match self.of(kind, value) {
            [ours] => {
                let theirs = std::mem::replace(value, ours.clone());
                done.replaced.push(Replaced { place, kind, ours: ours.clone(), theirs });
            }
            several => {
                let known = self.0.keys().any(|(of, _)| *of == kind);
                let several = !several.is_empty();
                let one = Untranslated { place, kind, code: value.clone(), several };
                done.untranslated.extend(known.then_some(one));
            }
        });
        done
    }
}

/// Every code of a document: what it is of, what it says, where it stands.
fn each(
    items: &[Item],
    record: &mut Record,
    path: &str,
    found: &mut dyn FnMut(CodeKind, &mut String, String),
) {
    for item in items {
        match item {
            Item::Segment(template) => {
                for (slot, source) in &template.set {
                    let (Source::Field(field), Some(kind)) = (source, CodeKind::of(template, *slot)) else {
                        continue;
                    };
                    // What the mapping has words for is no code of a list of ours.
                    let Some(value) = record.fields.get_mut(&field.field).filter(|_| field.codes.is_empty())
                    else {
                        continue;
                    };
                    found(kind, value, format!("{path}{}", field.field));
                }
            }
            Item::Group(group) => {
                let items = record.lists.get_mut(&group.each).into_iter().flatten();
                for (at, item) in items.enumerate() {
                    each(&group.segments, item, &format!("{path}{}[{}].", group.each, at + 1), found);
                }
            }
        }
    }
}

impl CodeTable {
    /// The same codes from the partner's side.
    #[must_use]
    pub fn ours(&self) -> Ours {
        let mut all: BTreeMap<(CodeKind, String), Vec<String>> = BTreeMap::new();
        for ((kind, ours), theirs) in &self.0 {
            all.entry((*kind, theirs.clone())).or_default().push(ours.clone());
        }
        Ours(all)
    }

    /// Puts the partner's codes for ours.
    #[must_use]
    pub fn apply(&self, mapping: &Mapping, record: &mut Record) -> Translated {
        let mut done = Translated::default();
        each(
            &mapping.segments,
            record,
            "",
            &mut |kind, value, place| match self.0.get(&(kind, value.clone())) {
                Some(theirs) => {
                    let ours = std::mem::replace(value, theirs.clone());
                    done.replaced.push(Replaced { place, kind, ours, theirs: theirs.clone() });
                }
                None => {
                    let known = self.0.keys().any(|(of, _)| *of == kind);
                    let one = Untranslated { place, kind, code: value.clone(), several: false };
                    done.untranslated.extend(known.then_some(one));
                }
            },
        );
        done
    }

    /// As CSV under a row of names. No cell is a formula to a spreadsheet.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let mut text = String::from("kind,ours,theirs\r\n");
        for ((kind, ours), theirs) in &self.0 {
            text.push_str(&format!("{kind},{},{}\r\n", cell(ours), cell(theirs)));
        }
        text
    }

    /// Reads what [`Self::to_csv`] or a person wrote.
    ///
    /// # Errors
    /// `malformed`, naming the row.
    pub fn from_csv(text: &str) -> Result<Self, Problem> {
        let wrong = |row: usize, why: &str| {
            Problem::new(ErrorCode::Malformed).with("what", format!("row {row}")).with("why", why)
        };
        let all = rows(text.trim_start_matches('\u{feff}')).map_err(|(row, why)| wrong(row, why))?;
        let mut all = all.into_iter().zip(1..);
        let names = all.next().map(|(names, _)| names).unwrap_or_default();
        if names.iter().map(|name| name.trim()).ne(["kind", "ours", "theirs"]) {
            return Err(wrong(1, "kind,ours,theirs expected"));
        }
        let mut table = Self::default();
        for (cells, row) in all.filter(|(cells, _)| cells.iter().any(|cell| !cell.is_empty())) {
            let [kind, ours, theirs] = cells.as_slice() else {
                return Err(wrong(row, "three cells expected"));
            };
            let kind: CodeKind =
                kind.trim().parse().map_err(|_| wrong(row, "hs, unlocode, unit or party expected"))?;
            let code = |cell: &str| {
                let code = plain(cell).trim().to_owned();
                let fits =
                    (1..=LONGEST).contains(&code.chars().count()) && !code.chars().any(char::is_control);
                fits.then_some(code).ok_or_else(|| wrong(row, "a code of 1 to 35 characters expected"))
            };
            let (ours, theirs) = (code(ours)?, code(theirs)?);
            if table.0.insert((kind, ours), theirs).is_some() {
                return Err(wrong(row, "this code of ours stands twice"));
            }
            if table.0.len() > MOST {
                return Err(wrong(row, "more than 10000 codes"));
            }
        }
        Ok(table)
    }
}
