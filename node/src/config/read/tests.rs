//! Configurations as people write them, right and wrong.

use super::*;
use crate::config::{DatabasePlace, HubFolder};
use std::path::PathBuf;

const MINIMAL: &str = "[[participant]]\nname = \"customs\"\ndid = \"did:web:example.jp:customs\"\n";

fn load(text: &str, variables: &[(&str, &str)]) -> Result<Config> {
    Config::from_text(text, Path::new("/etc/corridor/corridor.toml"), &Environment::of(variables))
}

#[test]
fn a_participant_may_share_a_folder_with_a_hub() {
    let check = |lines: &str, expect: std::result::Result<&[&str], &str>| {
        let found = load(&format!("{MINIMAL}{lines}"), &[]);
        match (found, expect) {
            (Ok(config), Ok(names)) => {
                let hub = config.participants[0].hub.clone();
                assert_eq!(hub.is_some(), !names.is_empty(), "{lines}");
                let hub = hub.unwrap_or(HubFolder { folder: PathBuf::new(), partners: Vec::new() });
                assert!(names.is_empty() || hub.folder == Path::new("/etc/corridor/hub"), "{hub:?}");
                assert_eq!(hub.partners.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>(), names);
            }
            (Err(problem), Err(key)) => assert_eq!(problem.arg("key"), Some(key), "{lines}: {problem}"),
            (found, _) => panic!("{lines}: {:?}", found.map(|c| c.participants)),
        }
    };
    check("", Ok(&[]));
    check("hub = \"hub\"\nhub_partners = [\"JPCUSTOMS did:web:jp.example\"]\n", Ok(&["JPCUSTOMS"]));
    check("hub = \"hub\"\n", Err("participant.hub"));
    for wrong in ["JPCUSTOMS", "../x did:web:jp.example", ".x did:web:jp.example", "X nonsense"] {
        let lines = format!("hub = \"hub\"\nhub_partners = [\"{wrong}\"]\n");
        check(&lines, Err("participant.hub_partners"));
    }
    check("hub_partners = [\"JPCUSTOMS did:web:jp.example\"]\n", Err("participant.hub_partners"));
    let twice = "\"A did:web:jp.example\", \"A did:web:kr.example\"";
    check(&format!("hub = \"hub\"\nhub_partners = [{twice}]\n"), Err("participant.hub_partners"));
}

#[test]
fn a_participant_is_all_that_must_be_said() {
    let config = load(MINIMAL, &[]).unwrap();
    assert_eq!(config.data, Path::new("/etc/corridor/corridor-data"));
    assert_eq!(config.blobs, Path::new("/etc/corridor/corridor-data/blobs"));
    assert_eq!(config.operator.name, "customs");
    assert_eq!(config.api_url(), "http://127.0.0.1:7081");
    assert_eq!(config.ledger_origin, "localhost:7080/log");
}

#[test]
fn the_origin_of_the_log_follows_the_public_url_unless_it_is_given() {
    let below = "[public]\nurl = \"https://gate.example.jp/corridor/\"\n";
    let load = |text: &str| load(&format!("{MINIMAL}{text}"), &[]).unwrap().ledger_origin;
    assert_eq!(load(below), "gate.example.jp/corridor/log");
    assert_eq!(load(&format!("{below}[ledger]\norigin = \"example.jp/acts\"\n")), "example.jp/acts");
    check("[ledger]\norigin = \"a b\"\n", "5", "ledger.origin", None);
    check("[ledger]\nraw = [\"acts\"]\n", "5", "ledger.raw", None);
    check("[ledger]\nraw = [\"a\", \"a\"]\n", "5", "ledger.raw", None);
    check("[ledger]\naccept = [\"x\"]\n", "5", "ledger.accept", None);
    check("[ledger]\norigin = \"a+b\"\n", "5", "ledger.origin", None);
}

/// The line, the key and, for an unknown key, the nearest one.
fn check(text: &str, line: &str, key: &str, nearest: Option<&str>) {
    let problem = load(&format!("{MINIMAL}{text}"), &[]).unwrap_err();
    let code = if nearest.is_some() { ErrorCode::ConfigUnknownKey } else { ErrorCode::ConfigInvalid };
    assert_eq!(problem.code(), code, "{problem}");
    assert_eq!(problem.arg("line"), Some(line), "{problem}");
    assert_eq!(problem.arg("key"), Some(key), "{problem}");
    assert_eq!(problem.arg("nearest"), nearest, "{problem}");
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_nearest_name() {
    check("[node]\ndata = \"d\"\nlangage = \"ja\"\n", "6", "node.langage", Some("node.language"));
    check("[publik]\nlisten = \"x\"\n", "4", "publik", Some("public.url"));
    check("\n[public]\nlisen = \"x\"\n", "6", "public.lisen", Some("public.listen"));
    check("[api]\nurl = 3\n", "5", "api.url", Some("public.url"));
}

#[test]
fn a_wrong_value_is_refused_with_its_line() {
    check("[node]\ndata = 3\n", "5", "node.data", None);
    check("[public]\nlisten = \"localhost\"\n", "5", "public.listen", None);
    check("[public]\nlisten = \"0.0.0.0:7080\"\n", "5", "public.listen", None);
    check("[public]\nurl = \"http://example.jp\"\n", "5", "public.url", None);
    check("[net]\nallow = [\"10.0.0.1/8\"]\n", "5", "net.allow", None);
    check("[api]\nproxies = [\"proxy.example\"]\n", "5", "api.proxies", None);
    check("[public]\ntls_key = \"k\"\n", "5", "public.tls_key", None);
    check("[trust]\nrefresh_seconds = 1\n", "5", "trust.refresh_seconds", None);
    check("[trust]\nanchors = [\"x\"]\n", "5", "trust.anchors", None);
    check("[trust]\nanchors = \"x\"\n", "5", "trust.anchors", None);
    check("[log]\nformat = \"xml\"\n", "5", "log.format", None);
    check("[storage]\ndatabase = \"mysql://x\"\n", "5", "storage.database", None);
    check("[node]\noperator = \"nobody\"\n", "5", "node.operator", None);
    check("[[participant]]\nname = \"x\"\n", "4", "participant.did", None);
    check("[[participant]]\nname = \"customs\"\ndid = \"did:web:a.jp\"\n", "5", "participant.name", None);
    check("[[participant]]\nname = \"x\"\ndid = \"did:key:a\"\n", "6", "participant.did", None);
    check("[node\n", "4", "TOML", None);
    check("[exchange]\nmax_size = -1\n", "5", "exchange.max_size", None);
}

#[test]
fn the_environment_comes_last() {
    let config =
        load(MINIMAL, &[("CORRIDOR_NODE_DATA", "/srv/c"), ("CORRIDOR_NET_ALLOW", "a:1, b:2")]).unwrap();
    assert_eq!(config.data, Path::new("/srv/c"));
    assert_eq!(config.allow.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a:1", "b:2"]);
    let stranger = load(MINIMAL, &[("CORRIDOR_SERVICE_HOST", "10.0.0.1"), ("CORRIDOR_API_LISTEN", "")]);
    assert!(stranger.is_ok());
    let problem = load(MINIMAL, &[("CORRIDOR_API_LISTEN", "x")]).unwrap_err();
    assert_eq!(problem.arg("path"), Some("$CORRIDOR_API_LISTEN"));
}

#[test]
fn a_database_password_may_lie_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    #[allow(clippy::disallowed_methods, reason = "a test writes a fixture")]
    std::fs::write(&file, "s3cret/+\n").unwrap();
    let text = format!(
        "{MINIMAL}[storage]\ndatabase = \"postgres://corridor@db.example.jp/c\"\npassword_file = \"{}\"\n",
        file.display()
    );
    let DatabasePlace::Postgres(url) = load(&text, &[]).unwrap().database else { panic!("not PostgreSQL") };
    assert_eq!(url.as_str(), "postgres://corridor:s3cret%2F+@db.example.jp/c");
}
