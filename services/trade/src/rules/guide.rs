//! Partner guides: what two partners agreed on within a message of a directory, written as data. A guide
//! is made into a message of its own: rows fewer or more often mandatory, values shorter, codes fewer.
//!
//! ```json
//! { "guide": "KR-JP cargo report", "directory": "D.08A", "message": "CUSCAR", "association": "KRJP1",
//!   "closed": false, "characters": "SHIFT_JIS",
//!   "rows": { "SG7/SG8/LOC": { "use": "required", "at_most": 3,
//!             "elements": { "1": { "codes": ["9", "11"] }, "2.1": { "use": "required", "longest": 5 } } } },
//!   "needs": [ { "row": "SG2/NAD", "element": "1", "is": ["CA"], "say": "the carrier" } ],
//!   "rules": [ { "row": "SG7/SG8/MOA", "when": { "1.1": ["77"] }, "then": { "1.3": { "use": "required" } } } ] }
//! ```
//!
//! Rows are named as `corridor trade directory show CUSCAR` lists them, elements and components counted
//! from 1.

use std::collections::BTreeMap;
use std::sync::Arc;

use corridor_base::{ErrorCode, Problem, Result};
use serde::{Deserialize, Serialize};

use super::compiled::{CodeSet, Compiled, MessageRule, SegmentRef, SegmentRule, ValueRule};
use crate::directory::{Change, Directory, changes, paths, shown};
use crate::edifact::Charset;

/// The largest guide.
const LARGEST: usize = 4 << 20;

/// Whether something must or may not stand there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Use {
    /// As the directory says.
    #[default]
    Optional,
    /// It must stand there.
    Required,
    /// It may not stand there.
    Forbidden,
}

/// What a guide asks of a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ValueDemand {
    /// Whether it must stand there.
    #[serde(rename = "use")]
    pub used: Use,
    /// The only codes allowed.
    pub codes: Vec<String>,
    /// The most characters.
    pub longest: Option<u16>,
}

/// What a guide asks of a row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RowDemand {
    /// Whether it must stand there, in its group.
    #[serde(rename = "use")]
    pub used: Use,
    /// How often it may.
    pub at_most: Option<u32>,
    /// Elements (`1`) and components (`2.1`).
    pub elements: BTreeMap<String, ValueDemand>,
}

/// Something that must stand in the message at least once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// In which row.
    pub row: String,
    /// In which element or component.
    pub element: String,
    /// With one of these values.
    pub is: Vec<String>,
    /// What it is, for people.
    #[serde(default)]
    pub say: String,
}

/// What is asked of a segment that says something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// In which row.
    pub row: String,
    /// When each of these elements has one of these values.
    pub when: BTreeMap<String, Vec<String>>,
    /// Then this is asked.
    pub then: BTreeMap<String, ValueDemand>,
}

/// A guide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guide {
    /// Its name.
    pub guide: String,
    /// The directory, `D.08A`.
    pub directory: String,
    /// The message, `CUSCAR`.
    pub message: String,
    /// It is for messages that name this in UNH (0057); without it, for all of the kind.
    #[serde(default)]
    pub association: Option<String>,
    /// With whom it was agreed (a DID); without it, with all partners.
    #[serde(default)]
    pub partner: Option<String>,
    /// The characters of the partner's text, whatever its UNB names: `SHIFT_JIS`, `CP949`, `WINDOWS-1252`.
    #[serde(default)]
    pub characters: Option<String>,
    /// Whether conditional rows that are not named are forbidden.
    #[serde(default)]
    pub closed: bool,
    /// What is asked of rows.
    #[serde(default)]
    pub rows: BTreeMap<String, RowDemand>,
    /// What must stand in the message.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// What depends on values.
    #[serde(default)]
    pub rules: Vec<Rule>,
}

/// A place in a segment and the values that matter there.
#[derive(Clone, Debug)]
pub(super) struct Values {
    pub(super) element: u32,
    pub(super) component: u32,
    pub(super) codes: CodeSet,
}

/// A [`Need`], ready to be counted.
#[derive(Clone, Debug)]
pub(super) struct CountedNeed {
    pub(super) row: usize,
    pub(super) values: Values,
    pub(super) tag: String,
    pub(super) group: String,
    pub(super) expected: String,
}

/// A [`Rule`], ready to be asked.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) row: usize,
    pub(super) when: Vec<Values>,
    pub(super) then: Vec<(Values, ValueDemand)>,
}

/// A guide made ready.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) compiled: Compiled,
    pub(super) needs: Vec<CountedNeed>,
    pub(super) conditions: Vec<Condition>,
}

impl Guide {
    /// Reads a guide.
    ///
    /// # Errors
    /// `guide-invalid` when it is no JSON of that form.
    pub fn parse(json: &[u8]) -> Result<Self> {
        if json.len() > LARGEST {
            return Err(refuse("size", format!("more than {LARGEST} bytes")));
        }
        let guide: Self = serde_json::from_slice(json)
            .map_err(|e| refuse(&format!("line {}, column {}", e.line(), e.column()), e.to_string()))?;
        for (what, text) in
            [("guide", &guide.guide), ("directory", &guide.directory), ("message", &guide.message)]
        {
            if text.is_empty() {
                return Err(refuse(what, "empty".to_owned()));
            }
        }
        if let Some(name) = guide.characters.as_ref().filter(|name| Charset::named(name).is_none()) {
            return Err(refuse("characters", name.clone()));
        }
        Ok(guide)
    }

    /// What of it a directory has no place for.
    #[must_use]
    pub fn problems(&self, directory: &Directory) -> Vec<String> {
        let mut maker = match Maker::new(self, directory) {
            Ok(maker) => maker,
            Err(why) => return vec![why],
        };
        maker.make();
        maker.problems
    }

    pub(super) fn ready(&self, directory: &Directory, compiled: &Compiled) -> Result<Ready> {
        let what = format!("guide {}", self.guide);
        let mut maker = Maker::new(self, directory).map_err(|why| refuse(&what, why))?;
        maker.lists.clone_from(&compiled.lists);
        let rule = compiled.messages.get(&self.message).map(|rule| MessageRule::clone(rule));
        let (Some(rule), true) = (rule, maker.compiled.segments.is_empty()) else {
            return Err(refuse(&what, format!("{} has no {}", directory.name(), self.message)));
        };
        maker.rule = rule;
        maker.compiled.segments.clone_from(&compiled.segments);
        maker.make();
        if let Some(first) = maker.problems.into_iter().next() {
            return Err(refuse(&what, first));
        }
        let mut ready = Ready { compiled: maker.compiled, needs: maker.needs, conditions: maker.conditions };
        ready.compiled.lists = maker.lists;
        let mut rule = maker.rule;
        rule.own = rule.own.into_iter().map(SegmentRule::laid_out).collect();
        ready.compiled.messages.insert(self.message.clone(), Arc::new(rule));
        Ok(ready)
    }
}

fn refuse(what: &str, why: String) -> Problem {
    Problem::new(ErrorCode::GuideInvalid).with("what", what.to_owned()).with("why", why)
}

/// What of a guide breaks when its message moves to another directory: what the new one has no place
/// for, and what changed in the rows, segments and code lists that the guide names.
#[must_use]
pub fn breaks(guide: &Guide, old: &Directory, new: &Directory) -> Vec<Change> {
    let before = guide.problems(old);
    let what = || format!("guide {}", guide.guide);
    let mut found: Vec<Change> = guide
        .problems(new)
        .into_iter()
        .filter(|problem| !before.contains(problem))
        .map(|how| Change { what: what(), how, breaks: true })
        .collect();
    let named = |change: &Change| {
        guide.rows.keys().any(|path| {
            let row = path.split('#').next().unwrap_or(path);
            let tag = row.rsplit('/').next().unwrap_or(row);
            change.what == format!("segment {tag}") || change.how.split(' ').next() == Some(path)
        })
    };
    found.extend(
        changes(old, new, Some(&guide.message)).into_iter().filter(|change| change.breaks && named(change)),
    );
    found
}

/// Makes a guide ready, and collects what does not fit.
struct Maker<'a> {
    guide: &'a Guide,
    names: Vec<String>,
    rule: MessageRule,
    compiled: Compiled,
    lists: Vec<CodeSet>,
    needs: Vec<CountedNeed>,
    conditions: Vec<Condition>,
    problems: Vec<String>,
    directory: &'a Directory,
}

impl<'a> Maker<'a> {
    fn new(guide: &'a Guide, directory: &'a Directory) -> std::result::Result<Self, String> {
        let Some(message) = directory.messages.get(&guide.message) else {
            return Err(format!("{} has no {}", directory.name(), guide.message));
        };
        let table = super::walk::Table::new(message);
        Ok(Self {
            guide,
            names: paths(message),
            rule: MessageRule { table, segments: Vec::new(), own: Vec::new() },
            compiled: Compiled { segments: Vec::new(), lists: Vec::new(), messages: Default::default() },
            lists: Vec::new(),
            needs: Vec::new(),
            conditions: Vec::new(),
            problems: Vec::new(),
            directory,
        })
    }

    fn make(&mut self) {
        if self.rule.segments.is_empty() {
            // Only asked what does not fit: the directory is made ready for this alone.
            let compiled = Compiled::new(self.directory);
            if let Some(rule) = compiled.messages.get(&self.guide.message) {
                self.rule = MessageRule::clone(rule);
            }
            self.lists = compiled.lists;
            self.compiled.segments = compiled.segments;
        }
        let guide = self.guide;
        for (path, demand) in &guide.rows {
            if let Some(row) = self.row(path) {
                self.demand_row(path, row, demand);
            }
        }
        if guide.closed {
            self.close();
        }
        for need in &guide.needs {
            self.need(need);
        }
        for rule in &guide.rules {
            self.condition(rule);
        }
    }

    fn row(&mut self, path: &str) -> Option<usize> {
        let row = self.names.iter().position(|name| name == path);
        if row.is_none() {
            self.problems.push(format!(
                "{path}: no such row in {} {}",
                self.directory.name(),
                self.guide.message
            ));
        }
        row
    }

    fn demand_row(&mut self, path: &str, at: usize, demand: &RowDemand) {
        if let Some(row) = self.rule.table.rows.get_mut(at) {
            match demand.used {
                Use::Optional => {}
                Use::Required => row.mandatory = true,
                Use::Forbidden if row.mandatory => {
                    self.problems.push(format!("{path}: mandatory in the directory"))
                }
                Use::Forbidden => row.repeat = 0,
            }
            if let Some(most) = demand.at_most {
                if most > row.repeat || most == 0 && row.mandatory {
                    self.problems.push(format!("{path}: {most} times, {} in the directory", row.repeat));
                }
                row.repeat = row.repeat.min(most);
            }
        }
        for (place, value) in &demand.elements {
            self.demand_value(path, at, place, value);
        }
    }

    /// The rule of a row, made its own so that it can be changed.
    fn own(&mut self, at: usize) -> Option<&mut SegmentRule> {
        let reference = (*self.rule.segments.get(at)?)?;
        let own = match reference {
            SegmentRef::Own(own) => own,
            SegmentRef::Shared(shared) => {
                self.rule.own.push(self.compiled.segments.get(shared)?.clone());
                self.rule.own.len() - 1
            }
        };
        *self.rule.segments.get_mut(at)? = Some(SegmentRef::Own(own));
        self.rule.own.get_mut(own)
    }

    fn demand_value(&mut self, path: &str, row: usize, place: &str, demand: &ValueDemand) {
        let Some((element, component)) = numbers(place) else {
            return self.problems.push(format!("{path}: {place:?} is no element or component"));
        };
        let known = self.unknown_codes(row, element, component, demand);
        let list = (!demand.codes.is_empty()).then_some(self.lists.len());
        let Some(rule) = self.own(row) else {
            return self.problems.push(format!("{path}: a group has no elements"));
        };
        let mut wrong = Vec::new();
        if let Some(rule) = rule.elements.get_mut(element as usize - 1) {
            match demand.used {
                Use::Optional => {}
                Use::Required if component <= 1 => rule.mandatory = true,
                Use::Required => {}
                Use::Forbidden if component == 0 => rule.forbidden = true,
                Use::Forbidden => {}
            }
            match rule.values.get_mut((component.max(1) - 1) as usize) {
                Some(value) => tighten(value, demand, component, list, &mut wrong),
                None => wrong.push("no such component in the directory".to_owned()),
            }
        } else {
            wrong.push("no such element in the directory".to_owned());
        }
        wrong.extend(known);
        self.problems.extend(wrong.into_iter().map(|why| format!("{path} {place}: {why}")));
        if list.is_some() {
            self.lists.push(CodeSet::new(demand.codes.iter().map(String::as_str)));
        }
    }

    /// Codes of the guide that the directory's list does not have.
    fn unknown_codes(
        &self,
        row: usize,
        element: u32,
        component: u32,
        demand: &ValueDemand,
    ) -> Option<String> {
        let reference = (*self.rule.segments.get(row)?)?;
        let rule = match reference {
            SegmentRef::Shared(at) => self.compiled.segments.get(at)?,
            SegmentRef::Own(at) => self.rule.own.get(at)?,
        };
        let value = rule
            .elements
            .get(element.checked_sub(1)? as usize)?
            .values
            .get((component.max(1) - 1) as usize)?;
        let list = self.lists.get(value.list.filter(|_| !value.own_list)?)?;
        let strange: Vec<&str> =
            demand.codes.iter().map(String::as_str).filter(|code| !list.holds(code.as_bytes())).collect();
        (!strange.is_empty()).then(|| format!("not in the code list: {}", strange.join(", ")))
    }

    /// Conditional rows that are not named are forbidden; what a named one stands in is not.
    fn close(&mut self) {
        let named: Vec<usize> = (0..self.names.len())
            .filter(|at| self.names.get(*at).is_some_and(|n| self.guide.rows.contains_key(n)))
            .collect();
        for at in 0..self.rule.table.rows.len() {
            let Some(row) = self.rule.table.rows.get_mut(at) else { continue };
            let holds_named = named.iter().any(|n| (at..row.end).contains(n));
            if !row.mandatory && !holds_named {
                row.repeat = 0;
            }
        }
    }

    fn values(&mut self, path: &str, place: &str, codes: &[String]) -> Option<Values> {
        let Some((element, component)) = numbers(place) else {
            self.problems.push(format!("{path}: {place:?} is no element or component"));
            return None;
        };
        let codes = CodeSet::new(codes.iter().map(String::as_str));
        Some(Values { element, component: component.max(1), codes })
    }

    fn need(&mut self, need: &Need) {
        let (row, values) = (self.row(&need.row), self.values(&need.row, &need.element, &need.is));
        let (Some(row), Some(values)) = (row, values) else { return };
        let tag = self.rule.table.rows.get(row).map(|r| shown(&r.tag)).unwrap_or_default();
        let group = self.rule.table.groups(row);
        let mut expected = format!("{} {} = {}", need.row, need.element, need.is.join("/"));
        if !need.say.is_empty() {
            expected = format!("{expected} ({})", need.say);
        }
        self.needs.push(CountedNeed { row, values, tag, group, expected });
    }

    fn condition(&mut self, rule: &Rule) {
        let Some(row) = self.row(&rule.row) else { return };
        let when: Vec<Values> =
            rule.when.iter().filter_map(|(place, codes)| self.values(&rule.row, place, codes)).collect();
        let then = rule.then.iter().filter_map(|(place, demand)| {
            self.values(&rule.row, place, &demand.codes).map(|values| (values, demand.clone()))
        });
        let then = then.collect();
        self.conditions.push(Condition { row, when, then });
    }
}

fn tighten(
    value: &mut ValueRule,
    demand: &ValueDemand,
    component: u32,
    list: Option<usize>,
    wrong: &mut Vec<String>,
) {
    match demand.used {
        Use::Required => value.mandatory = true,
        Use::Forbidden if component > 0 && value.mandatory => {
            wrong.push("mandatory in the directory".to_owned())
        }
        Use::Forbidden if component > 0 => value.forbidden = true,
        _ => {}
    }
    if let Some(longest) = demand.longest {
        let said = value.representation;
        if longest > said.length || longest < said.length && !said.variable {
            wrong.push(format!("{longest} characters, {said} in the directory"));
        }
        value.representation.length = longest.min(said.length);
    }
    if let Some(list) = list {
        (value.list, value.own_list) = (Some(list), true);
    }
}

/// `2` and `2.1`, counted from 1.
fn numbers(place: &str) -> Option<(u32, u32)> {
    let number = |text: &str| text.parse::<u32>().ok().filter(|n| (1..1000).contains(n));
    match place.split_once('.') {
        None => Some((number(place)?, 0)),
        Some((element, component)) => Some((number(element)?, number(component)?)),
    }
}
