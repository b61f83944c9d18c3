//! The mappings that one participant uses: those that come with the program, and before them its own. Several
//! may fit one kind of message; which of them reads a message follows from what it says.

use std::io;
use std::sync::{Arc, OnceLock};

use crate::edifact::Options;
use crate::mapping::{self, Mapped, Mapping, Why};

/// The mappings of a participant, its own first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mappings(Vec<Arc<Mapping>>);

/// Those that come with the program.
impl Default for Mappings {
    fn default() -> Self {
        Self(shipped().to_vec())
    }
}

impl Mappings {
    /// These of its own, and those that come with the program; one of its own takes the place of another of
    /// the same name.
    #[must_use]
    pub fn with(own: impl IntoIterator<Item = Mapping>) -> Self {
        let mut all: Vec<Arc<Mapping>> = Vec::new();
        let others = shipped().iter().cloned();
        for mapping in own.into_iter().map(Arc::new).chain(others) {
            if all.iter().all(|known| known.mapping != mapping.mapping) {
                all.push(mapping);
            }
        }
        Self(all)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Mapping>> {
        self.0.iter()
    }

    /// Whether this is no mapping that comes with the program.
    #[must_use]
    pub fn is_own(mapping: &Arc<Mapping>) -> bool {
        shipped().iter().all(|known| !Arc::ptr_eq(known, mapping))
    }

    /// The one of this name.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<&Arc<Mapping>> {
        self.0.iter().find(|mapping| mapping.mapping == name)
    }

    /// Those that read messages of this kind, in their order.
    pub fn of_message<'m>(&'m self, kind: &'m str) -> impl Iterator<Item = &'m Arc<Mapping>> {
        self.0.iter().filter(move |mapping| mapping.message == kind)
    }

    /// Reads the messages of a kind: by the mapping that is asked for, where it fits the kind, or else by the first
    /// that has a place for all they say, or else by the first. Nothing where none fits.
    ///
    /// # Errors
    /// As [`mapping::read_as`].
    pub fn read(
        &self,
        kind: &str,
        asked: &str,
        options: Options,
        bytes: &[u8],
    ) -> io::Result<Option<(Arc<Mapping>, Mapped)>> {
        let named = self.of_message(kind).find(|mapping| mapping.mapping == asked);
        let mut first = None;
        for mapping in self.of_message(kind).filter(|one| named.is_none_or(|named| Arc::ptr_eq(named, one))) {
            let mapped = mapping::read_as(mapping, options, &mut &*bytes)?;
            if named.is_some() || keeps_all(&mapped) {
                return Ok(Some((Arc::clone(mapping), mapped)));
            }
            first.get_or_insert_with(|| (Arc::clone(mapping), mapped));
        }
        Ok(first)
    }
}

/// Whether everything that messages of its kind say has a place.
fn keeps_all(mapped: &Mapped) -> bool {
    mapped.losses.more == 0 && mapped.losses.told.iter().all(|loss| loss.why == Why::Message)
}

/// The mappings that come with the program, read once.
#[must_use]
pub fn shipped() -> &'static [Arc<Mapping>] {
    static ALL: OnceLock<Vec<Arc<Mapping>>> = OnceLock::new();
    ALL.get_or_init(|| {
        let read = mapping::NAMES.iter().map(|name| mapping::named(name).map(|(mapping, _)| mapping));
        read.filter_map(Result::ok).map(Arc::new).collect()
    })
}

/// The one of those that come with the program that has this name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Mapping> {
    shipped().iter().find(|mapping| mapping.mapping == name).map(Arc::as_ref)
}

/// The one of those that reads messages of this kind.
#[must_use]
pub fn by_message(kind: &str) -> Option<&'static Mapping> {
    shipped().iter().find(|mapping| mapping.message == kind).map(Arc::as_ref)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An order that knows its number alone.
    fn short(name: &str) -> Mapping {
        let json = format!(
            r#"{{ "mapping": "{name}", "version": 1, "message": "ORDERS", "release": "08A", "title": {{ "en": "Short" }},
                "segments": [ {{ "segment": "BGM", "set": {{ "1.1": "220", "2.1": {{ "field": "number" }} }} }} ] }}"#
        );
        Mapping::parse(json.as_bytes()).unwrap()
    }

    #[test]
    fn ones_own_come_first_and_take_the_place_of_their_namesakes() {
        let check = |own: &[&str], expect: &[&str]| {
            let all = Mappings::with(own.iter().map(|name| short(name)));
            let names: Vec<&str> = all.of_message("ORDERS").map(|m| m.mapping.as_str()).collect();
            assert_eq!(names, expect, "{own:?}");
        };
        check(&[], &["orders"]);
        check(&["short"], &["short", "orders"]);
        check(&["orders"], &["orders"]);
        let all = Mappings::with([short("short")]);
        let own: Vec<&str> = all.iter().filter(|m| Mappings::is_own(m)).map(|m| m.mapping.as_str()).collect();
        assert_eq!(own, ["short"]);
        assert_eq!(Mappings::with([short("orders")]).by_name("orders").unwrap().segments.len(), 1);
    }

    #[test]
    fn the_first_that_has_a_place_for_all_reads_a_message() {
        let all = Mappings::with([short("short")]);
        let check = |body: &str, asked: &str, expect: Option<&str>| {
            let count = body.matches('\'').count() + 2;
            let text =
                format!("UNB+UNOC:3+A+B+260101:1200+1'UNH+1+ORDERS:D:08A:UN'{body}UNT+{count}+1'UNZ+1+1'");
            let read = all.read("ORDERS", asked, Options::default(), text.as_bytes()).unwrap();
            assert_eq!(read.map(|(mapping, _)| mapping.mapping.clone()).as_deref(), expect, "{body} {asked}");
        };
        check("BGM+220+PO-1'", "", Some("short"));
        check("BGM+220+PO-1'DTM+137:20260101:102'UNS+S'CNT+2:0'", "", Some("orders"));
        check("BGM+220+PO-1'DTM+137:20260101:102'UNS+S'CNT+2:0'", "short", Some("short"));
        check("BGM+220+PO-1'", "orders", Some("orders"));
        check("BGM+220+PO-1'FTX+AAI+++nowhere'ZZZ+1'", "", Some("short"));
        check("BGM+220+PO-1'", "invoic", Some("short"));
        let none = all.read("UNKNWN", "", Options::default(), b"").unwrap();
        assert!(none.is_none());
    }
}
