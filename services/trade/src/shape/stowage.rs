//! A stowage plan (BAPLIE, D.95B to D.13B, SMDG 1.5 to 3.1) as bays, rows and tiers. A container stands where
//! LOC 147 says: seven digits, bay, row and tier (ISO 9711-1). What has no such place is listed as well.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde::Serialize;

use crate::edifact::{Options, Position, Segment, Visit, read};

/// The most containers read: the largest ships carry half of it.
const MOST: usize = 30_000;
/// The most letters for ports of discharge.
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// A place on board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Cell {
    /// Odd for a length of 20 feet, even for 40.
    pub bay: u16,
    /// Odd to starboard, even to port, 0 in the middle.
    pub row: u16,
    /// From 2 in the hold, from 80 on deck.
    pub tier: u16,
}

impl Cell {
    /// `0780690`, or `780690` where the first zero was left out.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if !text.bytes().all(|b| b.is_ascii_digit()) || !(6..=7).contains(&text.len()) {
            return None;
        }
        let (bay, rest) = text.split_at(text.len() - 4);
        let (row, tier) = rest.split_at(2);
        Some(Self { bay: bay.parse().ok()?, row: row.parse().ok()?, tier: tier.parse().ok()? })
    }

    /// On deck or in the hold.
    #[must_use]
    pub const fn on_deck(self) -> bool {
        self.tier >= 70
    }
}

/// A container on board.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stowed {
    /// Where, as it is written.
    pub place: String,
    /// Where; nothing when it is not written as a place on board.
    pub cell: Option<Cell>,
    /// Its number.
    pub container: String,
    /// Its size and type (ISO 6346).
    pub size_type: String,
    /// Full; nothing when it is not said.
    pub full: Option<bool>,
    /// Its weight, as it is written.
    pub weight: String,
    /// In which unit.
    pub unit: String,
    /// Where it was loaded.
    pub load: String,
    /// Where it goes ashore.
    pub discharge: String,
    /// Who carries it.
    pub operator: String,
    /// UN numbers or classes of dangerous goods in it.
    pub dangerous: Vec<String>,
    /// To which temperature it is kept.
    pub temperature: String,
}

/// A stowage plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stowage {
    /// The ship.
    pub vessel: String,
    /// Its call sign.
    pub call_sign: String,
    /// The voyage.
    pub voyage: String,
    /// Where it leaves.
    pub departure: String,
    /// What it carries, in the order of the message.
    pub containers: Vec<Stowed>,
    /// Containers that are not read, because there are too many.
    pub more: u64,
}

/// One bay as it is drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bay {
    /// Its number.
    pub number: u16,
    /// Its rows from port to starboard, as they are numbered.
    pub rows: Vec<u16>,
    /// Its tiers from the top down.
    pub tiers: Vec<u16>,
}

impl Stowage {
    /// The bays from bow to stern, each with the rows and tiers that something stands in and those between.
    #[must_use]
    pub fn bays(&self) -> Vec<Bay> {
        let mut bays: BTreeMap<u16, (BTreeSet<u16>, BTreeSet<u16>)> = BTreeMap::new();
        for cell in self.containers.iter().filter_map(|c| c.cell) {
            let (rows, tiers) = bays.entry(cell.bay).or_default();
            rows.insert(cell.row);
            tiers.insert(cell.tier);
        }
        bays.into_iter().map(|(number, (rows, tiers))| bay(number, &rows, &tiers)).collect()
    }

    /// The ports of discharge, those with the most containers first, each with its letter: `A`, …, `Z`, `AA`.
    #[must_use]
    pub fn ports(&self) -> Vec<(String, String, usize)> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for container in &self.containers {
            *counts.entry(&container.discharge).or_default() += 1;
        }
        let mut ports: Vec<(&str, usize)> = counts.into_iter().collect();
        ports.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        let named = |(at, (port, count)): (usize, (&str, usize))| (letter(at), port.to_owned(), count);
        ports.into_iter().enumerate().map(named).collect()
    }
}

fn letter(at: usize) -> String {
    let one = |at: usize| char::from(LETTERS.get(at % LETTERS.len()).copied().unwrap_or(b'?'));
    match at / LETTERS.len() {
        0 => one(at).to_string(),
        round => format!("{}{}", one(round - 1), one(at)),
    }
}

fn bay(number: u16, rows: &BTreeSet<u16>, tiers: &BTreeSet<u16>) -> Bay {
    let most = |odd: bool| rows.iter().copied().filter(|row| (row % 2 == 1) == odd).max();
    // Port on the left: even rows from the outermost in, the middle, odd rows outwards.
    let port = most(false).into_iter().flat_map(|most| (2..=most).rev().step_by(2));
    let starboard = most(true).into_iter().flat_map(|most| (1..=most).step_by(2));
    let middle = rows.contains(&0).then_some(0);
    let all: BTreeSet<u16> = tiers.iter().copied().collect();
    let mut between: BTreeSet<u16> = all.clone();
    for deck in [false, true] {
        let of = all.iter().copied().filter(|tier| (*tier >= 70) == deck);
        let (least, most) = (of.clone().min(), of.max());
        if let (Some(least), Some(most)) = (least, most) {
            between.extend((least..=most).step_by(2));
        }
    }
    Bay {
        number,
        rows: port.chain(middle).chain(starboard).collect(),
        tiers: between.into_iter().rev().collect(),
    }
}

/// Reads the stowage plans of an interchange: what all its BAPLIE messages say together.
///
/// # Errors
/// What the source says.
pub fn stowage(source: &mut dyn io::Read) -> io::Result<Stowage> {
    let mut reading = Reading::default();
    read(source, Options::default(), &mut reading)?;
    reading.close();
    Ok(reading.stowage)
}

#[derive(Default)]
struct Reading {
    stowage: Stowage,
    open: Option<Stowed>,
}

impl Reading {
    fn close(&mut self) {
        let Some(container) = self.open.take() else { return };
        if self.stowage.containers.len() < MOST {
            self.stowage.containers.push(container);
        } else {
            self.stowage.more += 1;
        }
    }
}

impl Visit for Reading {
    fn segment(&mut self, at: &Position<'_>, segment: &Segment<'_>) {
        if at.message.is_none_or(|message| message.kind.bytes() != b"BAPLIE") {
            return;
        }
        let say =
            |element, component| segment.charset().text(&segment.value(element, component)).trim().to_owned();
        let (tag, first) = (segment.tag(), say(1, 1));
        match (tag.as_ref(), first.as_str()) {
            (b"LOC", "147") => {
                self.close();
                let place = say(2, 1);
                self.open = Some(Stowed { cell: Cell::parse(&place), place, ..Stowed::default() });
            }
            (b"UNT" | b"UNH", _) => self.close(),
            _ => match &mut self.open {
                Some(container) => container.take(tag.as_ref(), &first, &say),
                None => self.stowage.take(tag.as_ref(), &first, &say),
            },
        }
    }
}

impl Stowage {
    fn take(&mut self, tag: &[u8], first: &str, say: &dyn Fn(u32, u32) -> String) {
        match (tag, first) {
            (b"TDT", "20") => {
                self.voyage = say(2, 1);
                (self.call_sign, self.vessel) = (say(8, 1), say(8, 4));
            }
            (b"LOC", "5") => self.departure = say(2, 1),
            _ => {}
        }
    }
}

impl Stowed {
    fn take(&mut self, tag: &[u8], first: &str, say: &dyn Fn(u32, u32) -> String) {
        match (tag, first) {
            (b"LOC", "9" | "6") if self.load.is_empty() => self.load = say(2, 1),
            (b"LOC", "11" | "12") if self.discharge.is_empty() => self.discharge = say(2, 1),
            // The weight: `WT` in the older guides, the verified gross mass in the newer.
            (b"MEA", "WT" | "VGM") => (self.unit, self.weight) = (say(3, 1), say(3, 2)),
            (b"MEA", "AAE") if matches!(say(2, 1).as_str(), "VGM" | "AET" | "G") => {
                (self.unit, self.weight) = (say(3, 1), say(3, 2));
            }
            (b"EQD", _) => {
                (self.container, self.size_type) = (say(2, 1), say(3, 1));
                self.full = match say(6, 1).as_str() {
                    "5" | "7" | "8" => Some(true),
                    "4" => Some(false),
                    _ => None,
                };
            }
            (b"NAD", "CA" | "CF") => self.operator = say(2, 1),
            (b"DGS", _) if self.dangerous.len() < 20 => {
                let (class, number) = (say(2, 1), say(3, 1));
                self.dangerous.push(if number.is_empty() { class } else { format!("UN {number} ({class})") });
            }
            (b"TMP", _) => self.temperature = format!("{} {}", say(2, 1), say(2, 2)).trim().to_owned(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_place_on_board_is_read() {
        let check = |text: &str, expect: Option<(u16, u16, u16)>| {
            assert_eq!(Cell::parse(text).map(|c| (c.bay, c.row, c.tier)), expect, "{text}");
        };
        check("0780690", Some((78, 6, 90)));
        check("780690", Some((78, 6, 90)));
        check("0100114", Some((10, 1, 14)));
        check("78069", None);
        check("ABC0690", None);
        check("０７８０６９０", None);
    }

    #[test]
    fn a_plan_of_our_own_is_read_whole() {
        let plan = stowage(&mut &*crate::STOWAGE_SAMPLE).unwrap();
        assert_eq!((plan.vessel.as_str(), plan.voyage.as_str()), ("CORRIDOR HARMONY", "2611E"));
        assert_eq!((plan.departure.as_str(), plan.containers.len()), ("KRPUS", 24));
        let ports: Vec<(String, String)> = plan.ports().into_iter().map(|(l, p, _)| (l, p)).collect();
        assert_eq!(
            ports,
            [("A", "JPHKT"), ("B", "JPUKB"), ("C", "JPYOK")].map(|(l, p)| (l.to_owned(), p.to_owned()))
        );
        let bays = plan.bays();
        assert_eq!(bays.iter().map(|b| b.number).collect::<Vec<_>>(), [1, 2, 5]);
        assert_eq!(bays[1].rows, [4, 2, 0, 1, 3]);
        assert_eq!(bays[1].tiers, [84, 82, 4, 2]);
        let reefer = plan.containers.iter().find(|c| !c.temperature.is_empty()).unwrap();
        assert_eq!(reefer.temperature, "-18 CEL");
        assert!(plan.containers.iter().any(|c| c.dangerous == ["UN 1263 (3)"]));
        assert!(plan.containers.iter().any(|c| c.full == Some(false)));
    }

    #[test]
    fn rows_go_from_port_to_starboard() {
        let check = |rows: &[u16], expect: &[u16]| {
            let rows = rows.iter().copied().collect();
            assert_eq!(bay(1, &rows, &BTreeSet::from([82])).rows, expect);
        };
        check(&[0, 1, 2], &[2, 0, 1]);
        check(&[1, 6], &[6, 4, 2, 1]);
        check(&[3], &[1, 3]);
    }

    #[test]
    fn letters_go_on_after_the_last() {
        assert_eq!([0, 25, 26, 27].map(letter), ["A", "Z", "AA", "AB"].map(str::to_owned));
    }

    proptest! {
        /// Whatever is read is drawn: every container with a place is in a row and a tier of its bay.
        #[test]
        fn every_container_has_its_place(cells in prop::collection::vec((1u16..400, 0u16..30, 1u16..99), 0..60)) {
            let containers: Vec<Stowed> = cells.iter().map(|(bay, row, tier)| {
                let cell = Cell { bay: *bay, row: *row, tier: *tier };
                Stowed { cell: Some(cell), ..Stowed::default() }
            }).collect();
            let plan = Stowage { containers, ..Stowage::default() };
            let bays = plan.bays();
            for cell in plan.containers.iter().filter_map(|c| c.cell) {
                let bay = bays.iter().find(|b| b.number == cell.bay).unwrap();
                prop_assert!(bay.rows.contains(&cell.row) && bay.tiers.contains(&cell.tier));
            }
        }
    }
}
