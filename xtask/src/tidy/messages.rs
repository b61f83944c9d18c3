//! What people read exists in Japanese, Korean and English alike: the same files, the same keys, the
//! same attributes, and in each text the same variables, so that no reader is told less than another.

use std::collections::{BTreeMap, BTreeSet};

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::parser;

use super::Finding;
use crate::repo::{File, Tree};

const LANGUAGES: &[&str] = &["en", "ja", "ko"];

/// Each text by its name (`key` or `key.attribute`) with the variables it speaks of.
type Texts = BTreeMap<String, BTreeSet<String>>;

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for set in sets(tree) {
        let mut texts = BTreeMap::new();
        for (language, file) in &set {
            let (read, wrong) = read(file);
            findings.extend(wrong);
            texts.insert(*language, (*file, read));
        }
        for language in LANGUAGES.iter().filter(|l| !texts.contains_key(*l)) {
            if let Some((other, file)) = set.first_key_value() {
                let path =
                    file.path.replace(&format!("/messages/{other}/"), &format!("/messages/{language}/"));
                findings.push(Finding::at(
                    file,
                    1,
                    format!("{path} is missing: write the same messages there"),
                ));
            }
        }
        findings.extend(differences(&texts));
    }
    findings
}

/// The files of the same name below one `messages` folder, by language.
fn sets(tree: &Tree) -> Vec<BTreeMap<&str, &File>> {
    let mut sets: BTreeMap<(&str, &str), BTreeMap<&str, &File>> = BTreeMap::new();
    for file in tree.ending(&[".ftl"]) {
        let Some((folder, rest)) = file.path.split_once("/messages/") else { continue };
        let Some((language, name)) = rest.split_once('/') else { continue };
        sets.entry((folder, name)).or_default().insert(language, file);
    }
    sets.into_values().collect()
}

/// The texts of one file; what does not parse or stands twice is a finding.
fn read(file: &File) -> (Texts, Vec<Finding>) {
    let (resource, errors) = match parser::parse(file.text.as_str()) {
        Ok(resource) => (resource, Vec::new()),
        Err((resource, errors)) => (resource, errors),
    };
    let line_of = |at: usize| file.text.as_bytes().iter().take(at).filter(|b| **b == b'\n').count() + 1;
    // The text that could not be read begins earlier than the place where reading stopped.
    let wrong = |e: &parser::ParserError| {
        Finding::at(
            file,
            line_of(e.slice.as_ref().unwrap_or(&e.pos).start),
            format!("does not parse: {}: correct it", e.kind),
        )
    };
    let mut findings: Vec<Finding> = errors.iter().map(wrong).collect();
    let mut texts = Texts::new();
    let mut keys = BTreeSet::new();
    for entry in &resource.body {
        let (key, value, attributes) = match entry {
            Entry::Message(m) => (m.id.name.to_owned(), m.value.as_ref(), &m.attributes),
            Entry::Term(t) => (format!("-{}", t.id.name), Some(&t.value), &t.attributes),
            _ => continue,
        };
        if !keys.insert(key.clone()) {
            findings.push(Finding::at(file, line(file, &key), format!("`{key}` stands twice: take one out")));
        }
        for attribute in attributes {
            texts.insert(format!("{key}.{}", attribute.id.name), variables(&attribute.value));
        }
        if let Some(value) = value {
            texts.insert(key, variables(value));
        }
    }
    (texts, findings)
}

/// What one language has and another has not, told at the place where it is missing.
fn differences(texts: &BTreeMap<&str, (&File, Texts)>) -> Vec<Finding> {
    let all: BTreeSet<&String> = texts.values().flat_map(|(_, t)| t.keys()).collect();
    let mut findings = Vec::new();
    for name in all {
        let variables: BTreeSet<&String> =
            texts.values().filter_map(|(_, t)| t.get(name)).flatten().collect();
        for (language, (file, t)) in texts {
            let Some(own) = t.get(name) else {
                let others: Vec<&str> =
                    texts.iter().filter(|(_, (_, t))| t.contains_key(name)).map(|(l, _)| *l).collect();
                let what =
                    format!("`{name}` is missing in {language} (it is in {}): write it", others.join(", "));
                findings.push(Finding::at(file, line(file, name), what));
                continue;
            };
            for variable in variables.iter().filter(|v| !own.contains(**v)) {
                let what = format!(
                    "`{name}` does not speak of ${variable} in {language}, but does in another language: make them say the same"
                );
                findings.push(Finding::at(file, line(file, name), what));
            }
        }
    }
    findings
}

/// The line a text starts on; its message's when the attribute is missing.
fn line(file: &File, name: &str) -> usize {
    let (key, attribute) = name.split_once('.').unwrap_or((name, ""));
    let starts = |line: &str, what: &str| {
        line.strip_prefix(what).is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    let Some((at, _)) = file.lines().find(|(_, l)| starts(l, key)) else { return 1 };
    let mut inside =
        file.lines().skip(at).take_while(|(_, l)| l.starts_with([' ', '}']) || l.trim().is_empty());
    let found =
        inside.find(|(_, l)| l.trim_start().strip_prefix('.').is_some_and(|rest| starts(rest, attribute)));
    found.map_or(at, |(number, _)| number)
}

/// The variables a text speaks of, in every branch.
fn variables(pattern: &Pattern<&str>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(pattern, &mut found);
    found
}

fn collect(pattern: &Pattern<&str>, found: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            collect_expression(expression, found);
        }
    }
}

fn collect_expression(expression: &Expression<&str>, found: &mut BTreeSet<String>) {
    match expression {
        Expression::Inline(inline) => collect_inline(inline, found),
        Expression::Select { selector, variants } => {
            collect_inline(selector, found);
            variants.iter().for_each(|variant| collect(&variant.value, found));
        }
    }
}

fn collect_inline(inline: &InlineExpression<&str>, found: &mut BTreeSet<String>) {
    match inline {
        InlineExpression::VariableReference { id } => {
            found.insert(id.name.to_owned());
        }
        InlineExpression::FunctionReference { arguments, .. } => {
            arguments.positional.iter().for_each(|a| collect_inline(a, found));
            arguments.named.iter().for_each(|a| collect_inline(&a.value, found));
        }
        InlineExpression::Placeable { expression } => collect_expression(expression, found),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EN: &str = "a/messages/en/x.ftl";
    const JA: &str = "a/messages/ja/x.ftl";
    const KO: &str = "a/messages/ko/x.ftl";

    fn check(en: &str, ja: &str, ko: &str, expect: &[&str]) {
        super::super::expect(super::check, &[(EN, en), (JA, ja), (KO, ko)], expect);
    }

    #[test]
    fn three_languages_say_the_same() {
        check(
            "k = a { $x }\n    .remedy = b\n",
            "k = あ{ $x }\n    .remedy = い\n",
            "k = 가{ $x }\n    .remedy = 나\n",
            &[],
        );
        check("", "", "", &[]);
        let plural = "k = { $n ->\n    [one] one\n   *[other] { NUMBER($n) } of { $m }\n}\n";
        check(plural, "k = { $n }件 { $m }\n", "k = { $n }건 { $m }\n", &[]);
    }

    #[test]
    fn what_is_missing_is_told_where_it_is_missing() {
        check(
            "k = a\nl = b\n",
            "l = い\n",
            "k = 가\nl = 나\n",
            &["a/messages/ja/x.ftl:1: `k` is missing in ja (it is in en, ko): write it"],
        );
        check(
            "k = a\n    .remedy = b\n",
            "k = あ\n    .remedy = い\n",
            "o = 다\nk = 가\n",
            &[
                "a/messages/en/x.ftl:1: `o` is missing in en (it is in ko): write it",
                "a/messages/ja/x.ftl:1: `o` is missing in ja (it is in ko): write it",
                "a/messages/ko/x.ftl:2: `k.remedy` is missing in ko (it is in en, ja): write it",
            ],
        );
        check(
            "k = a { $x }\n",
            "k = あ{ $x }\n",
            "k = 가\n",
            &[
                "a/messages/ko/x.ftl:1: `k` does not speak of $x in ko, but does in another language: make them say the same",
            ],
        );
        check(
            "k = a\n    .one = b\n    .two = { $x }\n",
            "k = あ\n    .one = b\n    .two = c\n",
            "k = 가\n    .one = b\n    .two = { $x }\n",
            &[
                "a/messages/ja/x.ftl:3: `k.two` does not speak of $x in ja, but does in another language: make them say the same",
            ],
        );
    }

    #[test]
    fn files_parse_and_exist_and_say_things_once() {
        super::super::expect(
            super::check,
            &[(EN, "k = a\n"), (JA, "k = あ\n")],
            &["a/messages/en/x.ftl:1: a/messages/ko/x.ftl is missing: write the same messages there"],
        );
        check(
            "k = a\nk = b\n",
            "k = あ\n",
            "k = 가\n",
            &["a/messages/en/x.ftl:1: `k` stands twice: take one out"],
        );
        let found = super::check(&Tree::of(&[(EN, "k = a\nl = { $x\n"), (JA, "k = あ\n"), (KO, "k = 가\n")]));
        assert!(
            found.iter().any(|f| f.to_string().starts_with("a/messages/en/x.ftl:2: does not parse: ")),
            "{found:?}"
        );
    }
}
