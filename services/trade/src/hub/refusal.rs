//! A file that cannot be sent, and why, in three languages, for whoever put it there.

use std::path::Path;

use corridor_base::{Lang, Problem, Result};
use corridor_storage::durable;

use super::Probe;

/// What is said, in each language.
pub(super) type Texts = Vec<(Lang, String)>;
/// How many files of one name are kept apart.
const ALIKE: usize = 10_000;

/// What a problem says, and what to do.
pub(super) fn of_problem(problem: &Problem) -> Texts {
    let said = |lang: Lang| {
        let text = problem.text(lang);
        format!("{}: {} {}", text.title, text.detail, text.remedy)
    };
    Lang::ALL.iter().map(|lang| (*lang, said(*lang))).collect()
}

/// Writes why beside where the file goes, and moves the file there. An older one of the same name stays.
pub(super) fn refuse(folder: &Path, path: &Path, name: &str, texts: &Texts, probe: &dyn Probe) -> Result<()> {
    let free = (1..ALIKE).map(|number| match number {
        1 => name.to_owned(),
        number => format!("{number}-{name}"),
    });
    let free = free.map(|name| folder.join(name)).find(|path| std::fs::symlink_metadata(path).is_err());
    let to = free.unwrap_or_else(|| folder.join(name));
    let why: String = texts.iter().map(|(lang, text)| format!("[{}] {text}\n", lang.tag())).collect();
    let mut beside = to.clone().into_os_string();
    beside.push(".txt");
    durable::write_file(Path::new(&beside), why.as_bytes(), 0o644)?;
    probe.after("told")?;
    durable::rename(path, &to)?;
    probe.after("refused")
}
