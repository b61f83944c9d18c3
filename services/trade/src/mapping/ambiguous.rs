//! Refuses a mapping in which a segment could be read in two ways, so that what was written is read back
//! as it was.

use corridor_base::Result;

use super::{Field, Item, Slot, Source, Template, refuse};

/// Whether one segment could be both: the same tag, and no place where the two fix different values, or one
/// fixes a value that is none of the other's qualifiers.
fn overlap(a: &Template, b: &Template) -> bool {
    let strange = |one: &String, slot: &Slot, field: &Field| {
        *slot == Slot::QUALIFIER && !field.codes.is_empty() && !field.codes.contains_key(one)
    };
    let differs = a.set.iter().any(|(slot, source)| match (source, b.set.get(slot)) {
        (Source::Fixed(one), Some(Source::Fixed(other))) => one != other,
        (Source::Fixed(one), Some(Source::Field(field)))
        | (Source::Field(field), Some(Source::Fixed(one))) => strange(one, slot, field),
        _ => false,
    });
    a.segment == b.segment && !differs
}

/// # Errors
/// `malformed`, naming the segment.
pub(super) fn check(items: &[Item]) -> Result<()> {
    level(items, &[])
}

/// `after`: what may come once the group around is left, its own first segment included.
fn level(items: &[Item], after: &[&Template]) -> Result<()> {
    for (at, item) in items.iter().enumerate() {
        let Some(first) = item.first() else { continue };
        let rest = items.get(at + 1..).unwrap_or_default().iter().filter_map(Item::first);
        if rest.clone().any(|later| overlap(first, later)) {
            return Err(twice(first));
        }
        let mut outside: Vec<&Template> = after.to_vec();
        outside.extend(rest);
        match item {
            Item::Segment(template) if after.iter().any(|later| overlap(template, later)) => {
                return Err(twice(template));
            }
            Item::Segment(_) => {}
            Item::Group(group) => {
                if after.iter().any(|later| overlap(first, later)) {
                    return Err(twice(first));
                }
                outside.push(first);
                let inner = group.segments.get(1..).unwrap_or_default();
                let again = inner.iter().filter_map(Item::first).any(|inner| overlap(first, inner));
                if again {
                    return Err(twice(first));
                }
                level(inner, &outside)?;
            }
        }
    }
    Ok(())
}

fn twice(template: &Template) -> corridor_base::Problem {
    refuse(&template.segment, "could be read in two ways: fix a value that tells it from another")
}
