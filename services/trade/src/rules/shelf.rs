//! The directories and guides of a participant, and which of them a message is checked against.

use std::collections::BTreeMap;
use std::sync::Arc;

use corridor_base::{ErrorCode, Problem, Result};

use super::compiled::{Compiled, MessageRule};
use super::guide::{Condition, CountedNeed, Guide, Ready, Use};
use crate::directory::Directory;
use crate::edifact::envelope::Fault;
use crate::edifact::{Charset, FaultCode, MessageHeader, Options, Segment, Severity};

/// A directory, or a guide to one of its messages, ready to check with.
#[derive(Debug)]
pub struct Rulebook {
    /// `D.08A`, or the name of the guide.
    name: String,
    compiled: Compiled,
    needs: Vec<CountedNeed>,
    conditions: Vec<Condition>,
}

impl Rulebook {
    /// Of a directory.
    #[must_use]
    pub fn of(directory: &Directory) -> Self {
        let compiled = Compiled::new(directory);
        Self { name: directory.name(), compiled, needs: Vec::new(), conditions: Vec::new() }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Places of a message after which a segment could stand for two rows.
    #[must_use]
    pub fn collisions(&self, message: &str) -> Vec<String> {
        self.rule(message).map(|rule| rule.table.collisions()).unwrap_or_default()
    }

    pub(super) fn compiled(&self) -> &Compiled {
        &self.compiled
    }

    pub(super) fn rule(&self, message: &str) -> Option<Arc<MessageRule>> {
        self.compiled.messages.get(message).cloned()
    }

    pub(super) fn needs(&self) -> &[CountedNeed] {
        &self.needs
    }

    pub(super) fn count_needs(&self, row: usize, segment: &Segment<'_>, counts: &mut [u32]) {
        for (need, count) in self.needs.iter().zip(counts) {
            let value = || segment.value(need.values.element, need.values.component);
            if need.row == row && need.values.codes.holds(&value()) {
                *count = count.saturating_add(1);
            }
        }
    }

    /// What a guide needs and the message did not say.
    pub(super) fn unmet(&self, counts: &[u32]) -> Vec<Fault> {
        let unmet = self.needs.iter().zip(counts).filter(|(_, count)| **count == 0);
        unmet
            .map(|(need, _)| {
                let mut fault = Fault::new(FaultCode::MISSING, Severity::Error);
                fault.content = true;
                fault.missing = Some(need.tag.clone());
                fault.group.clone_from(&need.group);
                fault.expected = Some(need.expected.clone());
                fault
            })
            .collect()
    }

    /// What a guide asks of a segment that says something.
    pub(super) fn ask(&self, row: usize, segment: &Segment<'_>, faults: &mut Vec<Fault>) {
        for condition in self.conditions.iter().filter(|c| c.row == row) {
            let said = |v: &super::guide::Values| segment.value(v.element, v.component);
            if !condition.when.iter().all(|v| v.codes.holds(&said(v))) {
                continue;
            }
            for (place, demand) in &condition.then {
                let value = said(place);
                let text = || segment.charset().text(&value);
                let code = match demand.used {
                    Use::Required if value.is_empty() => FaultCode::MISSING,
                    Use::Forbidden if !value.is_empty() => FaultCode::NOT_HERE,
                    _ if value.is_empty() => continue,
                    _ if !demand.codes.is_empty() && !place.codes.holds(&value) => FaultCode::INVALID_VALUE,
                    _ if demand.longest.is_some_and(|most| text().chars().count() > usize::from(most)) => {
                        FaultCode::TOO_LONG
                    }
                    _ => continue,
                };
                let mut fault = Fault::new(code, Severity::Error).at(place.element, place.component);
                fault.content = true;
                fault.expected = Some(self.name.clone());
                fault.found = Some(text().chars().take(70).collect()).filter(|t: &String| !t.is_empty());
                faults.push(fault);
            }
        }
    }
}

/// A guide, and when it is used.
#[derive(Clone, Debug)]
struct Placed {
    directory: String,
    message: String,
    association: Option<String>,
    book: Arc<Rulebook>,
}

/// Directories by name, and guides to them.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    books: BTreeMap<String, Arc<Rulebook>>,
    sources: BTreeMap<String, Arc<Directory>>,
    guides: Vec<Placed>,
    characters: Option<Charset>,
    default: Option<String>,
}

impl Shelf {
    /// Puts a directory on it.
    pub fn add(&mut self, directory: Arc<Directory>) {
        let name = directory.name();
        self.books.insert(name.clone(), Arc::new(Rulebook::of(&directory)));
        self.sources.insert(name, directory);
    }

    /// Puts a guide on it, whose directory must be there already.
    ///
    /// # Errors
    /// `guide-invalid` when the directory is missing or has no place for something in the guide.
    pub fn add_guide(&mut self, guide: &Guide) -> Result<()> {
        let refuse = |why: String| {
            Problem::new(ErrorCode::GuideInvalid)
                .with("what", format!("guide {}", guide.guide))
                .with("why", why)
        };
        let (Some(book), Some(source)) =
            (self.books.get(&guide.directory), self.sources.get(&guide.directory))
        else {
            return Err(refuse(format!("directory {} is not loaded", guide.directory)));
        };
        let Ready { compiled, needs, conditions } = guide.ready(source, &book.compiled)?;
        let characters = guide.characters.as_deref().and_then(Charset::named);
        self.characters = self.characters.or(characters);
        self.guides.push(Placed {
            directory: guide.directory.clone(),
            message: guide.message.clone(),
            association: guide.association.clone(),
            book: Arc::new(Rulebook { name: guide.guide.clone(), compiled, needs, conditions }),
        });
        Ok(())
    }

    /// Checks messages of directories that are not here against this one.
    pub fn set_default(&mut self, name: &str) {
        self.default = Some(name.to_owned());
    }

    /// The characters of text that its guides agree on, whatever UNB names; the first guide that says some.
    #[must_use]
    pub fn characters(&self) -> Option<Charset> {
        self.characters
    }

    /// How interchanges between the two are read: in the characters agreed on.
    #[must_use]
    pub fn options(&self) -> Options {
        Options { characters: self.characters, ..Options::default() }
    }

    /// The names of its directories.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.books.keys().cloned().collect()
    }

    /// A directory by its name, `D.08A`: its code lists have names for people.
    #[must_use]
    pub fn directory(&self, name: &str) -> Option<&Arc<Directory>> {
        self.sources.get(name)
    }

    /// What a message is checked against: a guide that names its association code, else a guide for all
    /// of its kind, else its directory.
    #[must_use]
    pub fn find(&self, message: &MessageHeader) -> Option<Arc<Rulebook>> {
        let directory = format!("{}.{}", message.version, message.release);
        let association = Some(message.association.text()).filter(|a| !a.is_empty());
        let fits = |p: &&Placed| p.directory == directory && p.message == message.kind.text();
        let named = self
            .guides
            .iter()
            .filter(fits)
            .find(|p| p.association.is_some() && p.association.as_deref() == association);
        let any = || self.guides.iter().filter(fits).find(|p| p.association.is_none());
        if let Some(placed) = named.or_else(any) {
            return Some(Arc::clone(&placed.book));
        }
        let ours = matches!(message.agency.text(), "UN" | "");
        let own = self.books.get(&directory).filter(|_| ours);
        own.or_else(|| self.default.as_ref().and_then(|name| self.books.get(name))).cloned()
    }
}
