//! Shows the configuration: every key with its meaning, its default and the value in force, and the
//! commented file that `corridor init` begins with.

use corridor_base::Lang;
use serde::Serialize;

use super::keys::{KEYS, Key};
use super::read::{Origin, Settings, Value};
use crate::texts::{say, texts};

/// One key as `corridor config --json` shows it.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Section and name.
    pub key: &'static str,
    /// What its value looks like.
    pub shape: String,
    /// What it means.
    pub doc: String,
    /// The value when none is given, as TOML.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub default: &'static str,
    /// The environment variable that overrides it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variable: Option<String>,
    /// The values in force, as TOML; several for the keys of a participant.
    pub values: Vec<InForce>,
}

/// A value in force.
#[derive(Debug, Serialize)]
pub struct InForce {
    /// The value, as TOML; passwords are left out.
    pub value: String,
    /// `default`, `line N` or `$VARIABLE`.
    pub origin: String,
}

/// Every key; without settings there are no values in force.
#[must_use]
pub fn rows(lang: Lang, settings: Option<&Settings>) -> Vec<Row> {
    let row = |key: &'static Key| Row {
        key: key.path,
        shape: key.shape.name(),
        doc: texts().text(lang, &key.text_key(), &[]),
        default: key.default,
        variable: key.variable(),
        values: settings.map(|s| in_force(key, s)).unwrap_or_default(),
    };
    KEYS.iter().map(row).collect()
}

fn in_force(key: &Key, settings: &Settings) -> Vec<InForce> {
    let show = |(value, origin): (&Value, &Origin)| InForce {
        value: literal(value, key.secret),
        origin: match origin {
            Origin::Default => "default".to_owned(),
            Origin::Line(line) => format!("line {line}"),
            Origin::Variable(name) => format!("${name}"),
        },
    };
    settings.values(key).into_iter().map(show).collect()
}

fn literal(value: &Value, secret: bool) -> String {
    match value {
        Value::Text(text) if secret => quoted(&without_password(text)),
        Value::Text(text) => quoted(text),
        Value::Integer(number) => number.to_string(),
        Value::List(list) => format!("[{}]", list.iter().map(|t| quoted(t)).collect::<Vec<_>>().join(", ")),
    }
}

fn quoted(text: &str) -> String {
    // JSON strings of printable text are TOML basic strings.
    serde_json::to_string(text).unwrap_or_default()
}

fn without_password(text: &str) -> String {
    match url::Url::parse(text) {
        Ok(mut url) if url.password().is_some() => match url.set_password(Some("***")) {
            Ok(()) => url.to_string(),
            Err(()) => "***".to_owned(),
        },
        _ => text.to_owned(),
    }
}

/// The list for people.
#[must_use]
pub fn list(lang: Lang, settings: Option<&Settings>) -> String {
    let mut text = String::new();
    for row in rows(lang, settings) {
        text.push_str(&format!("{} ({})\n  {}\n", row.key, row.shape, row.doc));
        if !row.default.is_empty() {
            text.push_str(&format!("  {}\n", say(lang, "config-default", &[("value", row.default)])));
        }
        if let Some(variable) = &row.variable {
            text.push_str(&format!("  {}\n", say(lang, "config-variable", &[("name", variable)])));
        }
        for value in &row.values {
            let args = [("value", value.value.as_str()), ("origin", value.origin.as_str())];
            text.push_str(&format!("  {}\n", say(lang, "config-in-force", &args)));
        }
        text.push('\n');
    }
    text
}

/// A commented file; `given` are the lines that are not comments, by key, as TOML.
/// A key of `given` that is not in the table is left out.
#[must_use]
pub fn example(lang: Lang, given: &[(&str, String)]) -> String {
    let mut text = format!("# {}\n", say(lang, "config-file-head", &[]));
    let mut section = "";
    for key in KEYS {
        if key.section() != section {
            section = key.section();
            let brackets = if section == "participant" { ("[[", "]]") } else { ("[", "]") };
            text.push_str(&format!("\n{}{section}{}\n", brackets.0, brackets.1));
        }
        text.push_str(&format!("# {}\n", texts().text(lang, &key.text_key(), &[])));
        let value = given.iter().find(|(path, _)| *path == key.path).map(|(_, value)| value.as_str());
        match value {
            Some(value) => text.push_str(&format!("{} = {value}\n", key.name())),
            None => {
                let shown = if key.example.is_empty() { key.default } else { key.example };
                text.push_str(&format!("# {} = {shown}\n", key.name()));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Config, Environment};

    #[test]
    fn every_key_is_explained_in_three_languages_and_nothing_else_is() {
        for lang in Lang::ALL {
            for key in KEYS {
                assert!(texts().has(*lang, &key.text_key()), "{lang}: {}", key.path);
            }
        }
        let source = crate::texts::CONFIG;
        for file in [source.en, source.ja, source.ko] {
            let keys: Vec<&str> = file
                .lines()
                .filter(|l| l.starts_with(|c: char| c.is_ascii_lowercase()))
                .filter_map(|l| l.split_once(" = ").map(|(key, _)| key))
                .collect();
            let table: Vec<String> = KEYS.iter().map(Key::text_key).collect();
            assert_eq!(keys, table);
        }
    }

    #[test]
    fn the_example_file_is_a_configuration() {
        let given = [
            ("participant.name", "\"customs\"".to_owned()),
            ("participant.did", "\"did:web:example.jp\"".to_owned()),
        ];
        for lang in Lang::ALL {
            let text = example(*lang, &given);
            Config::from_text(&text, Path::new("/c/corridor.toml"), &Environment::default()).unwrap();
        }
    }

    #[test]
    fn what_the_example_shows_in_comments_is_accepted_too() {
        let text = example(Lang::En, &[]);
        let uncommented: String = text
            .lines()
            .map(|line| match line.strip_prefix("# ") {
                Some(rest) if KEYS.iter().any(|k| rest.starts_with(&format!("{} = ", k.name()))) => rest,
                _ => line,
            })
            .filter(|line| {
                !["anchors = ", "accept = ", "password_file = ", "client_secret_file = "]
                    .iter()
                    .any(|key| line.starts_with(key))
            })
            .map(|line| format!("{line}\n"))
            .collect();
        Config::from_text(&uncommented, Path::new("/c/corridor.toml"), &Environment::default()).unwrap();
    }

    #[test]
    fn passwords_are_not_shown() {
        let text = "[[participant]]\nname=\"a\"\ndid=\"did:web:a.jp\"\n[storage]\ndatabase=\"postgres://u:hush@h/d\"\n";
        let config = Config::from_text(text, Path::new("/c/c.toml"), &Environment::default()).unwrap();
        let shown = list(Lang::En, Some(&config.settings));
        assert!(!shown.contains("hush") && shown.contains("***"), "{shown}");
        assert!(shown.contains("line 5"), "{shown}");
    }
}
