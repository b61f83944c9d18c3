//! `cargo xtask screenshot`: plays the demo and takes the pictures of it that the README shows, and of every
//! page of the console in three languages, with Chromium, so that a picture is never older than what it
//! shows.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum;

use crate::browser::{self, Driver};
use crate::{Result, demo, repo, shell};

/// The width of the picture, in CSS pixels.
const WIDTH: u32 = 1180;
/// The height of a line, in CSS pixels.
const LINE: u32 = 21;

/// The variable through which the browser tests are told where pictures go.
const PICTURES: &str = "CORRIDOR_PICTURES";
/// The pages that the README shows: the picture, its name there, and how much of it, in CSS pixels.
const SHOWN: &[(&str, &str, (u32, u32))] = &[
    ("en/home-1280-light.png", "console-home-en.webp", (1280, 960)),
    ("en/trade-whole-1280-light.png", "console-transaction-en.webp", (1280, 1180)),
    ("ja/customs-id-1280-light.png", "console-customs-ja.webp", (1280, 1000)),
    ("ko/outbox-id-form-1280-light.png", "console-stowage-ko.webp", (1280, 1000)),
    ("ko/receipts-id-1280-light.png", "console-receipt-ko.webp", (1280, 1000)),
    ("ja/trade-whole-390-light.png", "console-phone-ja.webp", (390, 1180)),
    ("ja/ledger-1280-dark.png", "console-dark-ja.webp", (1280, 1000)),
];
/// The most that a picture in the repository may weigh, in bytes.
const LARGEST: u64 = 200_000;

/// What pictures are taken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    /// The story that the demo tells
    Demo,
    /// Every page of the console
    Pages,
}

/// Takes pictures of one thing, or of everything.
pub(crate) fn run(what: Option<What>) -> Result {
    if what != Some(What::Pages) {
        story()?;
    }
    if what != Some(What::Demo) {
        pages()?;
    }
    Ok(())
}

/// The folder of the pictures that are committed.
fn images() -> Result<PathBuf> {
    let images = repo::root().join("docs/images");
    fs::create_dir_all(&images).map_err(|e| format!("{}: {e}", images.display()))?;
    Ok(images)
}

/// The browser tests visit every page anyway; here they take pictures of what they see.
fn pages() -> Result {
    let driver = Driver::start()?;
    let folder = repo::root().join("target/pictures");
    let _ = fs::remove_dir_all(&folder);
    let mut tests =
        shell::cargo(&["test", "--locked", "-p", "corridor-node", "--test", "browser", "every_page"]);
    shell::run(tests.envs(driver.told()).env(PICTURES, &folder))?;
    println!("{}", folder.display());
    let browser = browser::chromium().ok_or("not run: no Chromium on the path")?;
    for (taken, shown, size) in SHOWN {
        let (taken, shown) = (folder.join(taken), images()?.join(shown));
        let page = format!(
            "<!doctype html><body style='margin:0'><img style='display:block' src='file://{}'>",
            taken.display()
        );
        take(&browser, &page, *size, &shown)?;
    }
    Ok(())
}

/// One picture of the demo for each language, in `docs/images`.
fn story() -> Result {
    let browser = browser::chromium().ok_or("not run: no Chromium on the path")?;
    let images = images()?;
    for lang in ["en", "ja", "ko"] {
        let story =
            shell::output(&mut demo::command(&["--check".to_owned(), "--lang".to_owned(), lang.to_owned()]))?;
        let story = brief(&story);
        let picture = images.join(format!("demo-{lang}.webp"));
        let height = (lines(&story) + 2) * LINE + 48;
        take(&browser, &page(lang, &story), (WIDTH, height), &picture)?;
    }
    Ok(())
}

/// The first message of the purchase: what stands before it prepares for it.
const BEGINS: &str = "ORDERS";
/// How many details of a step are shown, and how many places of a line.
const DETAILS: usize = 3;
const PLACES: usize = 190;

/// What a reader of the README sees of the story: from the order on, of each step its first details.
fn brief(story: &str) -> String {
    let begins = story.lines().position(|line| line.contains(BEGINS)).unwrap_or(0);
    let title = story.lines().take(if begins > 2 { 2 } else { 0 });
    let mut lines: Vec<String> = title.map(str::to_owned).chain(["      …".to_owned()]).collect();
    let mut details = 0;
    for line in story.lines().skip(begins) {
        details = if line.starts_with("      ") { details + 1 } else { 0 };
        match details {
            0..=DETAILS => lines.push(cut(line)),
            more if more == DETAILS + 1 => lines.push("      │ …".to_owned()),
            _ => {}
        }
    }
    lines.join("\n")
}

/// A line, not longer than what one fold takes.
fn cut(line: &str) -> String {
    let mut places = 0;
    let fits = |c: &char| {
        places += if c.is_ascii() { 1 } else { 2 };
        places <= PLACES
    };
    let kept: String = line.chars().take_while(fits).collect();
    if kept.len() < line.len() { format!("{kept}…") } else { kept }
}

/// How many lines the story takes on the page, long ones being folded; a wide character takes two
/// places.
fn lines(story: &str) -> u32 {
    let wide = |c: char| if c.is_ascii() { 1 } else { 2 };
    let folded = |line: &str| line.chars().map(wide).sum::<u32>() / 125 + 1;
    story.lines().map(folded).sum()
}

/// The story as a page that looks like a terminal; what is folded hangs below its own beginning.
fn page(lang: &str, story: &str) -> String {
    let line = |line: &str| {
        let text = line.replace('&', "&amp;").replace('<', "&lt;");
        let hang = if line.starts_with("      ") { 8 } else { 4 };
        format!("<div style='padding-left:{hang}ch;text-indent:-{hang}ch'>{text}&nbsp;</div>")
    };
    let story: String = story.lines().map(line).collect();
    format!(
        "<!doctype html><html lang={lang}><meta charset=utf-8><style>
        html {{ background: #10151c }}
        body {{ margin: 0; padding: 24px 28px; color: #dfe6ee; white-space: pre-wrap; word-break: break-word;
               font: 14px/{LINE}px 'DejaVu Sans Mono', 'Noto Sans Mono CJK JP', monospace }}
        </style><body><div>$ cargo xtask demo --lang {lang}</div><div>&nbsp;</div>{story}</body></html>"
    )
}

/// A picture of a page, as WebP by its name: a fourth of what PNG takes.
fn take(browser: &Path, page: &str, (width, height): (u32, u32), picture: &Path) -> Result {
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let file = folder.path().join("story.html");
    #[allow(clippy::disallowed_methods, reason = "a temporary page for the browser")]
    std::fs::write(&file, page).map_err(|e| format!("{}: {e}", file.display()))?;
    let mut command = Command::new(browser);
    command
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-quic",
        ])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg(format!("--window-size={width},{height}"))
        .arg(format!("--screenshot={}", picture.display()))
        .arg(format!("file://{}", file.display()));
    shell::output(&mut command)?;
    let bytes = fs::metadata(picture).map_err(|e| format!("{}: {e}", picture.display()))?.len();
    if bytes > LARGEST {
        return Err(format!("{}: {bytes} bytes are more than {LARGEST}: show less", picture.display()));
    }
    println!("{}", picture.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_begins_with_the_order_and_is_brief() {
        let check = |story: &str, expect: &str| assert_eq!(brief(story), expect);
        let story = "Title\n═════\n 1. Founds\n 2. Orders (ORDERS)\n      │ a\n      │ b\n      │ c\n      │ d\n      │ e\n 3. Ends";
        let shown = "Title\n═════\n      …\n 2. Orders (ORDERS)\n      │ a\n      │ b\n      │ c\n      │ …\n 3. Ends";
        check(story, shown);
        assert_eq!(cut(&"あ".repeat(PLACES)), format!("{}…", "あ".repeat(PLACES / 2)));
        assert_eq!(cut("short"), "short");
    }
}
