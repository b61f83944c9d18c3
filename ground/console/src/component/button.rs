//! Links that look like buttons: for what leads to another page, where one does something.

use askama::Template;
use askama::filters::HtmlSafe;

use super::Icon;
use crate::Markup;

/// A link that looks like a button.
#[derive(Clone, Debug, Template)]
#[template(
    source = "<a class=\"button{% if main %} main{% endif %}\" href=\"{{ href }}\"{% if download %} download{% endif %}>{% if let Some(icon) = icon %}{{ icon }}{% endif %}{{ label }}</a>",
    ext = "html"
)]
pub struct Button {
    label: String,
    href: String,
    icon: Option<Icon>,
    main: bool,
    download: bool,
}

impl Button {
    /// It leads there.
    #[must_use]
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), href: href.into(), icon: None, main: false, download: false }
    }

    /// With this sign.
    #[must_use]
    pub fn icon(mut self, icon: Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// It is the main thing to do on its page.
    #[must_use]
    pub fn main(mut self) -> Self {
        self.main = true;
        self
    }

    /// What it leads to is kept as a file.
    #[must_use]
    pub fn download(mut self) -> Self {
        self.download = true;
        self.icon(Icon::Download)
    }
}

impl HtmlSafe for Button {}

impl From<Button> for Markup {
    fn from(button: Button) -> Self {
        Self::of(&button)
    }
}
