//! Rules are read or refused with the place, and hit what they say.

use super::*;
use crate::mapping::documents;
use std::collections::BTreeSet;

fn rule(when: &str) -> String {
    format!(
        r#"{{"rule":"r","messages":["CUSDEC"],"action":"hold","title":{{"en":"R","ja":"規則","ko":"규칙"}},"when":{when}}}"#
    )
}

fn refused(json: &str) -> String {
    let problem = Rule::parse_all(json.as_bytes()).unwrap_err();
    assert_eq!(problem.code(), ErrorCode::RiskRuleInvalid);
    format!("{}: {}", problem.arg("what").unwrap_or_default(), problem.arg("why").unwrap_or_default())
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let check = |json: &str, expect: &str| {
        let found = refused(json);
        assert!(found.contains(expect), "{json}\n{found}");
    };
    check("{", "line 1, column");
    check("[]", "1 to 200 rules");
    check(&rule("[]"), "rule 1 (r): when: 1 to 50");
    check(
        &rule(r#"[{"field":"items.hss","equals":"1"}]"#),
        "when 1 (items.hss), field: no field of this name; the nearest is items.hs",
    );
    check(&rule(r#"[{"field":"items.hs"}]"#), "when 1 (items.hs), test: exactly one");
    check(&rule(r#"[{"field":"items.hs","equals":"1","missing":true}]"#), "test: exactly one");
    check(&rule(r#"[{"field":"gross_weight","above":"much"}]"#), "range: much: a decimal number");
    check(&rule(r#"[{"field":"gross_weight","above":"1","at_least":"2"}]"#), "range: one lower");
    check(&rule(r#"[{"field":"items.hs","first_time":true}]"#), "first_time: partner, or");
    check(&rule(r#"[{"field":"items.hs","prefix":[]}]"#), "prefix: 1 to 500");
    check(&rule(r#"[{"field":"items.hs","like":" "}]"#), "like: values of 1 to 128");
    check(&rule(r#"[{"field":"items.hs","matches":".*"}]"#), "unknown field `matches`");
    check(&rule(r#"[{"field":"items.hs","equals":"1"}]"#).replace("CUSDEC", "ORDERS"), "messages: ORDERS");
    check(&rule(r#"[{"field":"items.hs","equals":"1"}]"#).replace("規則", ""), "title.ja: 1 to 120");
    check(&rule(r#"[{"field":"items.hs","equals":"1"}]"#).replace("\"r\"", "\"r r\""), "rule: 1 to 64");
    let twice = rule(r#"[{"field":"items.hs","equals":"1"}]"#);
    check(&format!("[{twice},{twice}]"), "stands twice");
}

#[test]
fn a_green_channel_needs_no_condition() {
    let rule = rule("[]").replace("hold", "release");
    let rule = Rule::parse_all(rule.as_bytes()).unwrap().remove(0);
    assert_eq!(Rule::parse_all(rule.to_json().as_bytes()).unwrap(), [rule]);
}

const DECLARATION: &str = r#"{
    "number": "DECL-1", "country_of_export": "KR", "gross_weight": "1200.5",
    "importer_id": "JP0001", "importer_name": "O'HARA  SHOJI K.K.",
    "items": [
        { "hs": "360410", "origin": "CN", "gross_weight": "90" },
        { "hs": "848210", "origin": "KR", "gross_weight": "1100", "description": "BEARING UNITS" } ] }"#;

fn hit(when: &str) -> bool {
    let rule = Rule::parse_all(rule(when).as_bytes()).unwrap().remove(0);
    let document = documents(&mut DECLARATION.as_bytes()).unwrap().remove(0);
    let partner = "did:web:broker.example".parse().unwrap();
    let known = BTreeSet::from([
        ("importer_name".to_owned(), "o'hara shoji k.k.".to_owned()),
        ("partner".to_owned(), "did:web:other.example".to_owned()),
    ]);
    let facts = Facts { message: "CUSDEC", partner: &partner, record: &document.record, known: &known };
    assert!(!rule.hits(&Facts { message: "CUSCAR", ..facts }), "a rule is for its messages alone");
    rule.hits(&facts)
}

#[test]
fn rules_hit_what_they_say() {
    let check = |when: &str, expect: bool| assert_eq!(hit(when), expect, "{when}");
    check(r#"[{"field":"country_of_export","equals":"kr"}]"#, true);
    check(r#"[{"field":"country_of_export","one_of":["CN","KR"]}]"#, true);
    check(r#"[{"field":"items.hs","prefix":["3604","9303"]}]"#, true);
    check(r#"[{"field":"items.hs","prefix":["9303"]}]"#, false);
    check(r#"[{"field":"items.description","like":"*bearing*"}]"#, true);
    check(r#"[{"field":"gross_weight","above":"1200"}]"#, true);
    check(r#"[{"field":"gross_weight","above":"1200.50"}]"#, false);
    check(r#"[{"field":"gross_weight","at_least":"1200.50","below":"2000"}]"#, true);
    check(r#"[{"field":"invoice","missing":true}]"#, true);
    check(r#"[{"field":"importer_id","missing":true}]"#, false);
    check(r#"[{"field":"containers.number","missing":true}]"#, true);
    check(r#"[{"field":"containers.number","equals":"X"}]"#, false);
    // The one that lacks it is enough.
    check(r#"[{"field":"items.description","missing":true}]"#, true);
    check(r#"[{"field":"importer_id","first_time":true}]"#, true);
    check(r#"[{"field":"importer_name","first_time":true}]"#, false);
    check(r#"[{"field":"partner","first_time":true}]"#, true);
    check(r#"[{"field":"partner","equals":"did:web:broker.example"}]"#, true);
}

/// Conditions on one list are meant of one item.
#[test]
fn conditions_on_a_list_are_of_one_item() {
    let both = |hs: &str, origin: &str| {
        hit(&format!(
            r#"[{{"field":"items.hs","prefix":["{hs}"]}},{{"field":"items.origin","equals":"{origin}"}}]"#
        ))
    };
    assert!(both("3604", "CN"));
    assert!(!both("3604", "KR"));
}

#[test]
fn parties_are_told_from_others() {
    let document = documents(&mut DECLARATION.as_bytes()).unwrap().remove(0);
    let found: Vec<_> = values(&document.record, 10).into_iter().collect();
    let own = |field: &str, value: &str| (field.to_owned(), value.to_owned());
    assert_eq!(found, [own("importer_id", "jp0001"), own("importer_name", "o'hara shoji k.k.")]);
    assert_eq!(values(&document.record, 1).len(), 1);
}
