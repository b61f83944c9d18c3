//! Risk rules of a customs office: any bytes are refused or rules that are written as the same, and that can be held
//! against whatever a document says.
#![no_main]
use std::collections::BTreeSet;

use corridor_trade::customs::risk::{Facts, Rule};
use corridor_trade::mapping::Record;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(rules) = Rule::parse_all(bytes) else { return };
    let Ok(partner) = "did:web:example.kr:forwarder".parse() else { return };
    let known = BTreeSet::new();
    for rule in rules {
        assert_eq!(Rule::parse_all(rule.to_json().as_bytes()).ok().as_deref(), Some(std::slice::from_ref(&rule)));
        // A document that says the rule's own words.
        let mut record = Record::default();
        for condition in &rule.when {
            let words = [&condition.equals, &condition.like, &condition.at_least, &condition.below];
            let word = words.into_iter().flatten().next().cloned().unwrap_or_default();
            match condition.field.split_once('.') {
                Some((list, field)) => {
                    let mut item = Record::default();
                    item.fields.insert(field.to_owned(), word);
                    record.lists.entry(list.to_owned()).or_default().push(item);
                }
                None => drop(record.fields.insert(condition.field.clone(), word)),
            }
        }
        for record in [Record::default(), record] {
            for message in &rule.messages {
                let _ = rule.hits(&Facts { message, partner: &partner, record: &record, known: &known });
            }
        }
    }
});
