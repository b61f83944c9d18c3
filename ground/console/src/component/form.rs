//! Forms: every field with its label, its hint and what is wrong with it beside it; what is wrong
//! summed up above with links to the fields; and what was typed kept.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::{Markup, Text, Viewer};

/// What a field takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// A line of text.
    #[default]
    Text,
    /// A line of text that names where to look.
    Search,
    /// An address of electronic mail.
    Email,
    /// A whole number.
    Number,
    /// A number with decimals.
    Decimal,
    /// A civil date.
    Date,
    /// A local date and time.
    Moment,
    /// A secret that is not shown. What was typed is not kept.
    Secret,
    /// Six digits from an authenticator.
    Code,
    /// Several lines.
    Lines,
    /// One of these; chosen from a list.
    Select(Vec<Choice>),
    /// One of these; all seen at once.
    Radio(Vec<Choice>),
    /// Yes or no.
    Check,
    /// A file.
    File,
}

/// One thing to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What the form brings.
    pub value: String,
    /// What it is called.
    pub label: String,
    /// What more there is to know about it.
    pub hint: String,
}

impl Choice {
    /// A choice.
    #[must_use]
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), hint: String::new() }
    }

    /// With more to know about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }
}

/// A field.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "field.html")]
pub struct Field {
    t: Option<Text>,
    name: String,
    label: String,
    kind: Kind,
    value: String,
    hint: String,
    error: String,
    required: bool,
    autocomplete: &'static str,
    most: u32,
    also: Markup,
    suggestions: String,
}

impl Field {
    /// A field of this name with this label. The name is its `id` too.
    #[must_use]
    pub fn new(name: &str, label: impl Into<String>) -> Self {
        Self { name: name.to_owned(), label: label.into(), ..Self::default() }
    }

    /// What it takes.
    #[must_use]
    pub fn kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }

    /// What stands in it: what was typed before, or what is as a rule.
    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// What to put into it, said before it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// What is wrong with what was typed.
    #[must_use]
    pub fn error(mut self, error: impl Into<String>) -> Self {
        self.error = error.into();
        self
    }

    /// It cannot be left out.
    #[must_use]
    pub fn required(mut self, viewer: &Viewer) -> Self {
        self.t = Some(viewer.text());
        self.required = true;
        self
    }

    /// What a browser may fill in (HTML, 4.10.18.7): `username`, `current-password`, `one-time-code`.
    #[must_use]
    pub fn autocomplete(mut self, token: &'static str) -> Self {
        self.autocomplete = token;
        self
    }

    /// The longest text it takes, in characters.
    #[must_use]
    pub fn at_most(mut self, characters: u32) -> Self {
        self.most = characters;
        self
    }

    /// What it is called in the other languages.
    #[must_use]
    pub fn also(mut self, labels: impl Into<Markup>) -> Self {
        self.also = labels.into();
        self
    }

    /// What a browser offers to choose from, and lets be typed as well: a [`Suggestions`] of this name.
    #[must_use]
    pub fn suggestions(mut self, name: &str) -> Self {
        name.clone_into(&mut self.suggestions);
        self
    }

    fn input(&self) -> &'static str {
        match self.kind {
            Kind::Search => "search",
            Kind::Email => "email",
            Kind::Date => "date",
            Kind::Moment => "datetime-local",
            Kind::Secret => "password",
            Kind::File => "file",
            _ => "text",
        }
    }

    fn mode(&self) -> &'static str {
        match self.kind {
            Kind::Number | Kind::Code => "numeric",
            Kind::Decimal => "decimal",
            _ => "",
        }
    }

    /// The identifiers of what describes it.
    fn described(&self) -> String {
        let parts = [("hint", &self.hint), ("error", &self.error)];
        let ids: Vec<String> = parts
            .iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(part, _)| format!("{}-{part}", self.name))
            .collect();
        ids.join(" ")
    }

    /// What to say where it cannot be left out.
    fn must(&self) -> String {
        self.t.map(|t| t.get("field-required").to_string()).unwrap_or_default()
    }

    fn shown(&self) -> &str {
        if self.kind == Kind::Secret { "" } else { &self.value }
    }
}

impl HtmlSafe for Field {}

impl From<Field> for Markup {
    fn from(field: Field) -> Self {
        Self::of(&field)
    }
}

/// Codes and what they mean, for fields that name this.
#[derive(Clone, Debug, Template)]
#[template(
    source = "<datalist id=\"{{ name }}\">{% for (code, meaning) in codes %}<option value=\"{{ code }}\">{{ code }} {{ meaning }}</option>{% endfor %}</datalist>",
    ext = "html"
)]
pub struct Suggestions {
    /// Its name.
    pub name: String,
    /// Codes and meanings.
    pub codes: Vec<(String, String)>,
}

impl HtmlSafe for Suggestions {}

impl From<Suggestions> for Markup {
    fn from(suggestions: Suggestions) -> Self {
        Self::of(&suggestions)
    }
}

/// A form whose fields stand in groups and that has several things to do with what was typed. The first
/// button is what the enter key presses.
#[derive(Clone, Debug, Template)]
#[template(path = "editor.html")]
pub struct Editor {
    t: Text,
    csrf: String,
    action: String,
    body: Markup,
    hidden: Vec<(String, String)>,
    wrong: Vec<(String, String, String)>,
    buttons: Vec<(String, String, bool)>,
    files: bool,
}

impl Editor {
    /// A form to this address.
    #[must_use]
    pub fn new(viewer: &Viewer, action: impl Into<String>, body: impl Into<Markup>) -> Self {
        Self {
            t: viewer.text(),
            csrf: viewer.csrf().to_owned(),
            action: action.into(),
            body: body.into(),
            hidden: Vec::new(),
            wrong: Vec::new(),
            buttons: Vec::new(),
            files: false,
        }
    }

    /// A value that is not shown.
    #[must_use]
    pub fn hidden(mut self, name: &str, value: impl Into<String>) -> Self {
        self.hidden.push((name.to_owned(), value.into()));
        self
    }

    /// What is wrong: the field, what it is called, why.
    #[must_use]
    pub fn wrong(mut self, field: &str, label: impl Into<String>, why: impl Into<String>) -> Self {
        self.wrong.push((field.to_owned(), label.into(), why.into()));
        self
    }

    /// Something to do with it: what `do` says, and the label. The first is the main one.
    #[must_use]
    pub fn button(mut self, value: &str, label: impl Into<String>) -> Self {
        let main = self.buttons.is_empty();
        self.buttons.push((value.to_owned(), label.into(), main));
        self
    }

    /// What it brings may be long: sent in parts (RFC 7578).
    #[must_use]
    pub fn in_parts(mut self) -> Self {
        self.files = true;
        self
    }

    fn first(&self) -> &str {
        self.buttons.first().map_or("", |(value, ..)| value)
    }
}

impl HtmlSafe for Editor {}

impl From<Editor> for Markup {
    fn from(editor: Editor) -> Self {
        Self::of(&editor)
    }
}

/// Fields that belong together, under what they are about.
#[derive(Clone, Debug, Default, Template)]
#[template(
    source = "<fieldset class=\"slip\"{% if !id.is_empty() %} id=\"{{ id }}\"{% endif %}><legend>{{ legend }}</legend>{% if !fields.is_empty() %}<div class=\"slip-fields\">{% for field in fields %}{{ field }}{% endfor %}</div>{% endif %}{{ more }}{% if !presses.is_empty() %}<div class=\"form-do\">{% for (value, label, to) in presses %}<button class=\"button\" type=\"submit\" name=\"do\" value=\"{{ value }}\"{% if !to.is_empty() %} formaction=\"{{ to }}\"{% endif %} formnovalidate>{{ label }}</button>{% endfor %}</div>{% endif %}</fieldset>",
    ext = "html"
)]
pub struct Slip {
    /// Can be linked to by this name.
    pub id: String,
    /// What they are about.
    pub legend: Markup,
    /// They.
    pub fields: Vec<Field>,
    /// Fields in fields.
    pub more: Markup,
    /// Things to do with them: what `do` says, the label, and where the answer is shown.
    pub presses: Vec<(String, String, String)>,
}

impl HtmlSafe for Slip {}

impl From<Slip> for Markup {
    fn from(slip: Slip) -> Self {
        Self::of(&slip)
    }
}

/// A form. It is sent by `POST` with the token against forged requests.
#[derive(Clone, Debug, Template)]
#[template(path = "form.html")]
pub struct Form {
    t: Text,
    csrf: String,
    action: String,
    fields: Vec<Field>,
    hidden: Vec<(String, String)>,
    submit: String,
    cancel: Option<String>,
    files: bool,
    problem: Option<Markup>,
}

impl Form {
    /// A form to this address; `submit` is what its button says.
    #[must_use]
    pub fn new(viewer: &Viewer, action: impl Into<String>, submit: impl Into<String>) -> Self {
        Self {
            t: viewer.text(),
            csrf: viewer.csrf().to_owned(),
            action: action.into(),
            fields: Vec::new(),
            hidden: Vec::new(),
            submit: submit.into(),
            cancel: None,
            files: false,
            problem: None,
        }
    }

    /// One more field.
    #[must_use]
    pub fn field(mut self, mut field: Field) -> Self {
        self.files |= field.kind == Kind::File;
        field.t = Some(self.t);
        self.fields.push(field);
        self
    }

    /// A value that is not shown. Never a secret: it stands in the page.
    #[must_use]
    pub fn hidden(mut self, name: &str, value: impl Into<String>) -> Self {
        self.hidden.push((name.to_owned(), value.into()));
        self
    }

    /// Brings back this token and not that of the session: a form before there is one.
    #[must_use]
    pub fn csrf(mut self, token: &str) -> Self {
        token.clone_into(&mut self.csrf);
        self
    }

    /// Where to go without sending it.
    #[must_use]
    pub fn cancel(mut self, path: impl Into<String>) -> Self {
        self.cancel = Some(path.into());
        self
    }

    /// What went wrong as a whole, above the fields.
    #[must_use]
    pub fn problem(mut self, problem: impl Into<Markup>) -> Self {
        self.problem = Some(problem.into());
        self
    }

    fn wrong(&self) -> Vec<&Field> {
        self.fields.iter().filter(|field| !field.error.is_empty()).collect()
    }
}

impl HtmlSafe for Form {}

impl From<Form> for Markup {
    fn from(form: Form) -> Self {
        Self::of(&form)
    }
}

/// A form of one button, for what needs no words but the click: resend, sign out, switch.
#[derive(Clone, Debug, Template)]
#[template(path = "press.html")]
pub struct Press {
    csrf: String,
    action: String,
    hidden: Vec<(String, String)>,
    label: String,
    icon: Option<super::Icon>,
    main: bool,
    plain: bool,
}

impl Press {
    /// A button that posts to this address.
    #[must_use]
    pub fn new(viewer: &Viewer, action: impl Into<String>, label: impl Into<String>) -> Self {
        let (csrf, action, label) = (viewer.csrf().to_owned(), action.into(), label.into());
        Self { csrf, action, hidden: Vec::new(), label, icon: None, main: false, plain: false }
    }

    /// With this value.
    #[must_use]
    pub fn hidden(mut self, name: &str, value: impl Into<String>) -> Self {
        self.hidden.push((name.to_owned(), value.into()));
        self
    }

    /// With this sign.
    #[must_use]
    pub fn icon(mut self, icon: super::Icon) -> Self {
        self.icon = Some(icon);
        self
    }

    /// It is the main thing to do on its page.
    #[must_use]
    pub fn main(mut self) -> Self {
        self.main = true;
        self
    }

    /// It looks like a link: it opens what no address may name.
    #[must_use]
    pub fn plain(mut self) -> Self {
        self.plain = true;
        self
    }
}

impl HtmlSafe for Press {}

impl From<Press> for Markup {
    fn from(press: Press) -> Self {
        Self::of(&press)
    }
}

/// A question before something that cannot be taken back: a dialog without a script. It opens in its
/// place and shows what will happen and the form that does it.
#[derive(Clone, Debug, Template)]
#[template(path = "confirm.html")]
pub struct Confirm {
    /// What the button says that opens it.
    pub label: String,
    /// What will happen.
    pub question: String,
    /// The form that does it.
    pub form: Markup,
    /// It takes nothing away, and is asked only because of what follows from it.
    pub calm: bool,
}

impl HtmlSafe for Confirm {}

impl From<Confirm> for Markup {
    fn from(confirm: Confirm) -> Self {
        Self::of(&confirm)
    }
}
