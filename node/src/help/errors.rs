//! What the page of an error says: the texts of the one table, with the names of things where an error of
//! its own would name this one.

use corridor_base::problem::ARG_NAMES;
use corridor_base::{ErrorCode, Lang, Problem};

use crate::texts::say;

/// An error as its page explains it.
#[derive(Debug)]
pub struct Explained {
    /// What went wrong, in a few words.
    pub title: String,
    /// What failed, on what.
    pub happened: String,
    /// What to do.
    pub remedy: String,
}

/// Explains an error in general: `[partner]` stands where an error would say which partner.
#[must_use]
pub fn explained(lang: Lang, code: ErrorCode) -> Explained {
    let named = ARG_NAMES.iter().fold(Problem::new(code), |problem, name| {
        problem.with(name, format!("[{}]", say(lang, &format!("help-arg-{name}"), &[])))
    });
    let text = named.text(lang);
    Explained { title: text.title, happened: text.detail, remedy: text.remedy }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_an_error_may_speak_of_has_a_name() {
        for lang in Lang::ALL {
            for name in ARG_NAMES {
                assert!(!say(*lang, &format!("help-arg-{name}"), &[]).starts_with('?'), "{lang} {name}");
            }
            for code in ErrorCode::ALL {
                let page = explained(*lang, *code);
                let all = [page.title, page.happened, page.remedy].concat();
                assert!(!all.contains("[?") && !all.contains("{$"), "{lang} {code}: {all}");
            }
        }
    }
}
