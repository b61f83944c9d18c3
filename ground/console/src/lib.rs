//! The look of every page: the frame, the components, the formats of numbers and times, the words, in
//! Japanese, Korean and English. Whoever writes a page says what is on it; how it looks is decided here,
//! once, so that an official finds every page of every service alike (UI-1).
//!
//! A page is made of [`Markup`] (text that is escaped already), most of it from [`component`], put into
//! the frame by [`Page`] for one [`Viewer`]. The page `/console/gallery` shows every component in every
//! state. Colours, type and space follow the conventions of Japan's Digital Agency design system
//! (palette and scale of `@digital-go-jp/design-tokens`, MIT) and Korea's KRDS (patterns); the values
//! stand in [`token`] and `assets/console.css`, and are our own.
//!
//! Absent on purpose: inline styles and scripts (the content security policy forbids them), web fonts
//! (the system has good ones for each script, and links are slow), a script that a page depends on.

// Nothing reached from input may panic; the tests are exempt by clippy.toml.
#![warn(clippy::indexing_slicing)]

pub mod asset;
pub mod component;
pub mod format;
mod markup;
mod page;
mod preferences;
pub mod secure;
mod text;
pub mod token;
mod viewer;

pub use markup::Markup;
pub use page::{Crumb, Page, path};
pub use preferences::{Preferences, Theme, cookie};
pub use text::{CONSOLE, Phrase, Text, text};
pub use viewer::{Area, House, Party, Person, Viewer};
