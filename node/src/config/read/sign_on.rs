//! Single sign-on in the configuration: all of it hangs on `sign_on.issuer`.

use corridor_base::{ErrorCode, Problem, Result, Words};

use super::values::{Reader, said};
use super::{Origin, Value};
use crate::config::{Hosted, KEYS};
use crate::people::Gift;
use crate::sign_on::settings::{Assurance, ClaimNames, Secret};
use crate::sign_on::{Issuer, Rule, Settings};

/// The most rules.
const RULES: usize = 500;

impl Reader<'_> {
    pub(super) fn sign_on(&self, participants: &[Hosted]) -> Result<Option<Settings>> {
        let Some((issuer, at)) = self.opt_text("sign_on.issuer") else { return self.no_sign_on() };
        let issuer = Issuer::parse(issuer).map_err(|why| self.source.invalid("sign_on.issuer", at, why))?;
        let Some((client, _)) = self.opt_text("sign_on.client_id") else {
            return Err(self.source.invalid("sign_on.issuer", at, "sign_on.client_id must be given too"));
        };
        Ok(Some(Settings {
            client: client.to_owned(),
            secret: self.client_secret()?,
            scopes: self.scopes()?,
            labels: self.labels(&issuer),
            claims: ClaimNames {
                name: self.text("sign_on.name_claim"),
                display: self.text("sign_on.display_claim"),
                groups: self.text("sign_on.groups_claim"),
            },
            rules: self.rules(participants)?,
            creates: self.text("sign_on.unknown") == "create",
            assurance: Assurance {
                provider: self.text("sign_on.second_factor") == "provider",
                acr: self.texts("sign_on.acr_values"),
                amr: self.texts("sign_on.amr_values"),
            },
            alone: self.text("sign_on.others") == "refused",
            issuer,
        }))
    }

    /// Nothing of it is said without the provider.
    fn no_sign_on(&self) -> Result<Option<Settings>> {
        let said = KEYS.iter().filter(|key| key.section() == "sign_on").find_map(|key| {
            let (_, origin) = self.get(key.path)?;
            (*origin != Origin::Default).then_some((key.path, origin))
        });
        match said {
            Some((path, origin)) => {
                Err(self.source.invalid(path, origin, "sign_on.issuer must be given too"))
            }
            None => Ok(None),
        }
    }

    fn texts(&self, path: &str) -> Vec<String> {
        match self.get(path) {
            Some((Value::List(list), _)) => list.clone(),
            _ => Vec::new(),
        }
    }

    fn origin(&self, path: &str) -> &Origin {
        self.get(path).map_or(&Origin::Default, |(_, origin)| origin)
    }

    fn client_secret(&self) -> Result<Option<Secret>> {
        const KEY: &str = "sign_on.client_secret_file";
        let Some(file) = self.path(KEY)? else { return Ok(None) };
        let text = std::fs::read_to_string(&file)
            .map_err(|e| Problem::new(ErrorCode::FileFailed).with("path", file.display()).because(e))?;
        let secret = text.trim_end_matches(['\r', '\n']);
        if secret.is_empty() || secret.len() > 4096 || secret.chars().any(char::is_control) {
            return Err(self.source.invalid(KEY, self.origin(KEY), "the file holds no secret of one line"));
        }
        Ok(Some(Secret::new(secret.to_owned())))
    }

    fn scopes(&self) -> Result<Vec<String>> {
        const KEY: &str = "sign_on.scopes";
        let scopes = self.texts(KEY);
        // RFC 6749, 3.3.
        let token = |scope: &String| {
            !scope.is_empty() && scope.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
        };
        if !scopes.iter().any(|scope| scope == "openid") || !scopes.iter().all(token) {
            return Err(self.source.invalid(
                KEY,
                self.origin(KEY),
                "words without white space, with openid among them, expected",
            ));
        }
        Ok(scopes)
    }

    /// In a language without a label the button says what another says, or the host of the provider.
    fn labels(&self, issuer: &Issuer) -> Words {
        let given = ["en", "ja", "ko"].map(|lang| self.text(&format!("sign_on.label_{lang}")));
        let any = given.iter().find(|label| !label.is_empty()).cloned().unwrap_or_else(|| issuer.host());
        let [en, ja, ko] = given.map(|label| if label.is_empty() { any.clone() } else { label });
        Words { en, ja, ko }
    }

    /// `GROUP = PARTICIPANT ROLE`, or `ROLE/DEPARTMENT`.
    fn rules(&self, participants: &[Hosted]) -> Result<Vec<Rule>> {
        const KEY: &str = "sign_on.rules";
        let list = self.texts(KEY);
        let invalid =
            |text: &str, why: &str| self.source.invalid(KEY, self.origin(KEY), format!("{text}: {why}"));
        if list.len() > RULES {
            return Err(invalid("", "at most 500 expected"));
        }
        let rule = |text: &String| {
            let form = "GROUP = PARTICIPANT ROLE, or PARTICIPANT ROLE/DEPARTMENT, expected";
            let (value, does) = text.rsplit_once(" = ").ok_or_else(|| invalid(text, form))?;
            let (name, role) = does.trim().split_once(' ').ok_or_else(|| invalid(text, form))?;
            let holder = participants.iter().find(|p| p.name == name || p.did.as_str() == name);
            let holder = holder.ok_or_else(|| invalid(text, "no [[participant]] has this name"))?;
            let (role, department) =
                role.trim().split_once('/').map_or((role.trim(), None), |(r, d)| (r, Some(d)));
            let wrong = |problem: Problem| invalid(text, &said(&problem));
            let role = role.parse().map_err(wrong)?;
            let department = department.map(str::parse).transpose().map_err(wrong)?;
            let gift = Gift { role, department };
            gift.check().map_err(wrong)?;
            let value = value.trim().to_owned();
            if value.is_empty() {
                Err(invalid(text, form))
            } else {
                Ok(Rule { value, holder: holder.did.clone(), gift })
            }
        };
        list.iter().map(rule).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::access::Role;
    use crate::config::{Config, Environment};
    use corridor_base::{ErrorCode, Lang, Result};

    const HEAD: &str =
        "[[participant]]\nname = \"customs\"\ndid = \"did:web:example.jp:customs\"\n[sign_on]\n";
    const ISSUER: &str = "issuer = \"https://login.example.jp\"\n";
    const BOTH: &str = "issuer = \"https://login.example.jp\"\nclient_id = \"corridor\"\n";

    fn load(text: &str) -> Result<Config> {
        Config::from_text(&format!("{HEAD}{text}"), Path::new("/c/corridor.toml"), &Environment::default())
    }

    #[test]
    fn issuer_and_client_are_all_that_must_be_said() {
        let config = load(BOTH).unwrap();
        let found = config.sign_on.unwrap();
        assert_eq!((found.issuer.as_str(), found.client.as_str()), ("https://login.example.jp", "corridor"));
        assert!(found.secret.is_none() && !found.creates && !found.alone && !found.assurance.provider);
        assert!(!config.people.sign_on_alone);
        assert_eq!(found.labels.get(Lang::Ko), "login.example.jp");
        let named = load(&format!("{BOTH}label_ja = \"税関\"\nothers = \"refused\"\n")).unwrap();
        assert!(named.people.sign_on_alone);
        let labels = named.sign_on.unwrap().labels;
        assert_eq!((labels.get(Lang::En), labels.get(Lang::Ja)), ("税関", "税関"));
        assert!(load("").unwrap().sign_on.is_none());
    }

    #[test]
    fn a_rule_says_which_group_may_do_what() {
        let text = format!(
            "{BOTH}rules = [\"a b = customs officer/export\", \"cn=x, dc=y = did:web:example.jp:customs auditor\"]\n"
        );
        let rules = load(&text).unwrap().sign_on.unwrap().rules;
        let found: Vec<_> = rules.iter().map(|r| (r.value.as_str(), r.gift.role)).collect();
        assert_eq!(found, [("a b", Role::Officer), ("cn=x, dc=y", Role::Auditor)]);
        assert_eq!(rules[0].gift.department.as_ref().unwrap().as_str(), "export");
    }

    #[test]
    fn what_is_wrong_is_refused_with_its_key() {
        let check = |text: &str, key: &str| {
            let problem = load(text).unwrap_err();
            assert_eq!(problem.code(), ErrorCode::ConfigInvalid, "{problem}");
            assert_eq!(problem.arg("key"), Some(key), "{problem}");
        };
        let with = |line: &str| format!("{BOTH}{line}\n");
        check("client_id = \"a\"\n", "sign_on.client_id");
        check("others = \"refused\"\n", "sign_on.others");
        check(ISSUER, "sign_on.issuer");
        check("issuer = \"http://login.example.jp\"\nclient_id = \"a\"\n", "sign_on.issuer");
        check("issuer = \"https://login.example.jp?a\"\nclient_id = \"a\"\n", "sign_on.issuer");
        check(&with("scopes = [\"profile\"]"), "sign_on.scopes");
        check(&with("scopes = [\"openid\", \"a b\"]"), "sign_on.scopes");
        check(&with("unknown = \"maybe\""), "sign_on.unknown");
        check(&with("second_factor = \"none\""), "sign_on.second_factor");
        for rule in [
            "a",
            "a = customs",
            "a = nobody officer",
            "a = customs king",
            " = customs officer",
            "a = customs auditor/export",
        ] {
            check(&with(&format!("rules = [\"{rule}\"]")), "sign_on.rules");
        }
    }

    #[test]
    fn the_secret_lies_in_a_file_and_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        let text = format!("{BOTH}client_secret_file = \"{}\"\n", file.display());
        assert_eq!(load(&text).unwrap_err().code(), ErrorCode::FileFailed);
        #[allow(clippy::disallowed_methods, reason = "a test writes a fixture")]
        let write = |secret: &str| std::fs::write(&file, secret).unwrap();
        write("\n");
        assert_eq!(load(&text).unwrap_err().arg("key"), Some("sign_on.client_secret_file"));
        write("hush-hush\n");
        let config = load(&text).unwrap();
        assert_eq!(config.sign_on.as_ref().unwrap().secret.as_ref().unwrap().expose(), "hush-hush");
        let shown = format!("{config:?}{}", crate::config::list(Lang::En, Some(&config.settings)));
        assert!(!shown.contains("hush-hush"));
    }
}
