//! People of the participant, for its administrators: who may do what, who comes in how, and the rescue of
//! those who have lost their keys.

use axum::extract::Path;
use axum::response::Response;
use corridor_base::{ErrorCode, Lang, Problem, Result};
use corridor_console::component::{
    Badge, Button, Choice, Column, Command, Confirm, Empty, Facts, Field, Form, Icon, Kind, Notice, Row,
    Sample, Section, Table, Tone, quoted,
};
use corridor_console::{Markup, Page, Viewer};

use super::account::languages;
use super::guard::{Entrant, Shared};
use super::pages::{with, words};
use crate::access::{Caller, Role};
use crate::api::problem::Answer;
use crate::pages::dates;
use crate::pages::form::Fields;
use crate::people::{Account, AccountName, By, DepartmentId, Gift, Grant, NewAccount};

const USERS: &str = "/console/users";

fn at(name: &AccountName) -> String {
    format!("{USERS}/{name}")
}

/// All of them.
pub(super) async fn list(node: Shared, viewer: Viewer, caller: Caller) -> Answer<Response> {
    Ok(listed(&node, &viewer, &caller).await?.answer(&viewer))
}

async fn listed(node: &Shared, viewer: &Viewer, caller: &Caller) -> Result<Page> {
    let t = words(viewer);
    let dates = dates(viewer);
    let people = node.people.visible_to(&caller.participant).await?;
    let row = |(account, grants): (Account, Vec<Grant>)| {
        Row(vec![
            Markup::lines([Markup::link(&at(&account.name), &account.display), Markup::quiet(&account.name)]),
            match grants.is_empty() {
                true => Markup::quiet(t.get("people-roles-none")),
                false => Markup::lines(grants.iter().map(|g| Markup::text(role(viewer, g)))),
            },
            standing(viewer, &account),
            account
                .signed_in
                .map_or_else(|| Markup::quiet(t.get("people-never")), |at| dates.with_age(at, node.now())),
        ])
    };
    let table = Table {
        caption: t.get("people-users-caption").into(),
        columns: ["people-display", "people-roles", "column-state", "people-signed-in"]
            .map(|key| Column::new(t.get(key)))
            .into(),
        rows: people.into_iter().map(row).collect(),
        empty: Empty::new(Icon::Users, t.get("people-users-none"), t.get("people-users-none-how")),
        paging: None,
    };
    let add = Button::new(t.get("people-add"), "/console/users/new/account").icon(Icon::Plus).main();
    let body = Markup::from(table).and(Command::new(viewer, "user list", "GET", "/api/v1/users", None));
    Ok(Page::new(t.get("area-users"), body).lead(t.get("people-users-lead")).actions(add))
}

/// A grant in a few words.
fn role(viewer: &Viewer, grant: &Grant) -> String {
    let word = viewer.text().get(&format!("role-{}", grant.role)).to_string();
    grant.department.as_ref().map_or(word.clone(), |d| format!("{word} · {d}"))
}

fn standing(viewer: &Viewer, account: &Account) -> Markup {
    let t = words(viewer);
    let (tone, word) = if account.disabled.is_some() {
        (Tone::Idle, "people-disabled")
    } else if account.is_complete() || account.identities > 0 {
        (Tone::Good, "people-ready")
    } else {
        (Tone::Wait, "people-not-set-up")
    };
    Badge::new(tone, t.get(word)).into()
}

fn add_form(viewer: &Viewer, entrant: &Entrant, fields: &Fields) -> Page {
    let t = words(viewer);
    let typed = |name: &str| fields.get(name).unwrap_or_default().to_owned();
    let mut name = Field::new("name", t.get("people-name"))
        .value(typed("name"))
        .hint(t.get("people-name-hint"))
        .required(viewer)
        .autocomplete("off")
        .at_most(64);
    if misnamed(fields) {
        name = name.error(t.get("people-name-wrong"));
    }
    let form = Form::new(viewer, USERS, t.get("people-add"))
        .csrf(&entrant.csrf)
        .field(name)
        .field(
            Field::new("display", t.get("people-display"))
                .value(typed("display"))
                .required(viewer)
                .autocomplete("off")
                .at_most(100),
        )
        .field(
            Field::new("language", t.get("people-language"))
                .kind(languages())
                .value(fields.get("language").unwrap_or(viewer.lang().tag())),
        )
        .cancel(USERS);
    let json =
        "-H 'content-type: application/json' -d '{\"name\": \"kim.minji\", \"display\": \"Kim Minji\"}'";
    let command = Command::new(viewer, "user add kim.minji", "POST", "/api/v1/users", Some(json));
    Page::new(t.get("people-add"), Markup::from(form).and(command))
        .lead(t.get("people-add-what"))
        .below(t.get("area-users"), USERS)
}

/// The form of a new account.
pub(super) async fn add_page(viewer: Viewer, entrant: Entrant) -> Response {
    add_form(&viewer, &entrant, &Fields::default()).answer(&viewer)
}

/// Makes an account and shows it, with its sign-in link.
pub(super) async fn add(
    node: Shared,
    viewer: Viewer,
    caller: Caller,
    entrant: Entrant,
    fields: Fields,
) -> Answer<Response> {
    let made = match new_account(&caller, &fields) {
        Ok(new) => node.people.create(new, &entrant.by()?).await,
        Err(problem) => Err(problem),
    };
    match made {
        Ok(account) => {
            let page = shown(&node, &viewer, &caller, &entrant, &account.name).await?;
            let notice = Notice::new(Tone::Good, words(&viewer).get("people-added"));
            Ok(page.notice(notice).answer(&viewer))
        }
        // It stands at the field.
        Err(problem) if misnamed(&fields) => {
            Ok(add_form(&viewer, &entrant, &fields).failed(problem.code()).answer(&viewer))
        }
        Err(problem) => {
            let page = add_form(&viewer, &entrant, &fields);
            Ok(with(page, &viewer, Some(&problem)).answer(&viewer))
        }
    }
}

/// Whether what was typed cannot be the name of an account.
fn misnamed(fields: &Fields) -> bool {
    fields.get("name").is_some_and(|name| name.parse::<AccountName>().is_err())
}

fn new_account(caller: &Caller, fields: &Fields) -> Result<NewAccount> {
    Ok(NewAccount {
        name: fields.get("name").unwrap_or_default().parse()?,
        display: fields.get("display").unwrap_or_default().to_owned(),
        language: fields.get("language").unwrap_or_default().parse::<Lang>()?,
        home: caller.participant.clone(),
    })
}

fn named(text: &str) -> Result<AccountName> {
    text.parse().map_err(|_| Problem::new(ErrorCode::NotFound).with("what", format!("account {text}")))
}

/// One person.
pub(super) async fn show(
    node: Shared,
    viewer: Viewer,
    caller: Caller,
    entrant: Entrant,
    Path(name): Path<String>,
) -> Answer<Response> {
    Ok(shown(&node, &viewer, &caller, &entrant, &named(&name)?).await?.answer(&viewer))
}

async fn shown(
    node: &Shared,
    viewer: &Viewer,
    caller: &Caller,
    entrant: &Entrant,
    name: &AccountName,
) -> Result<Page> {
    let account = node.people.seen_by(&caller.participant, name).await?;
    let grants = node.people.grants_at(&caller.participant, &account.id).await?;
    let governs = node.people.governed_by(&caller.participant, name).await.is_ok();
    let t = words(viewer);
    let dates = dates(viewer);
    let facts = Facts::new()
        .text(t.get("people-name"), &account.name)
        .fact(t.get("column-state"), standing(viewer, &account))
        .fact(t.get("people-id"), Markup::code(&account.id))
        .known(t.get("people-signed-in"), account.signed_in.map(|at| dates.with_age(at, node.now())));
    let roles = role_list(viewer, entrant, &account, &grants);
    let mut body = Markup::from(Section::new("", facts).card())
        .and(Section::new(t.get("people-roles"), roles))
        .and(give_form(node, viewer, caller, entrant, &account).await?);
    body = if governs {
        body.and(Section::new(t.get("people-rescue"), rescue(viewer, entrant, &account)).card())
    } else {
        body.and(Notice::new(Tone::Info, t.get("people-not-governed")))
    };
    let cli = format!("user grant {} officer", quoted(account.name.as_str()));
    let path = format!("/api/v1/users/{}/grant", account.name);
    let json = "-H 'content-type: application/json' -d '{\"role\": \"officer\"}'";
    let body = body.and(Command::new(viewer, &cli, "POST", &path, Some(json)));
    Ok(Page::new(&account.display, body).below(t.get("area-users"), USERS))
}

fn role_list(viewer: &Viewer, entrant: &Entrant, account: &Account, grants: &[Grant]) -> Table {
    let t = words(viewer);
    let dates = dates(viewer);
    let row = |grant: &Grant| {
        let take = Form::new(viewer, at(&account.name), t.get("people-revoke"))
            .csrf(&entrant.csrf)
            .hidden("do", "revoke")
            .hidden("role", grant.role.as_str())
            .hidden("department", grant.department.as_ref().map_or("", DepartmentId::as_str));
        let says = Markup::text(role(viewer, grant));
        // What single sign-on gave comes back with the next sign-in, unless the provider says otherwise.
        let by = Markup::quiet(t.get("people-method-sign-on"));
        let says = if grant.by_sign_on { Markup::lines([says, by]) } else { says };
        let take = Confirm {
            label: t.get("people-revoke").into(),
            question: t.get("people-revoke-what").into(),
            form: take.into(),
            calm: false,
        };
        Row(vec![says, dates.tag(grant.given), take.into()])
    };
    Table {
        caption: t.get("people-roles-caption").into(),
        columns: ["people-role", "people-given", "people-do"].map(|key| Column::new(t.get(key))).into(),
        rows: grants.iter().map(row).collect(),
        empty: Empty::new(Icon::Users, t.get("people-roles-none"), t.get("people-roles-none-how")),
        paging: None,
    }
}

async fn give_form(
    node: &Shared,
    viewer: &Viewer,
    caller: &Caller,
    entrant: &Entrant,
    account: &Account,
) -> Result<Section> {
    let t = words(viewer);
    let roles = Role::ALL.iter().map(|role| {
        let word = viewer.text().get(&format!("role-{role}"));
        Choice::new(role.as_str(), word).hint(t.get(&format!("people-role-{role}")))
    });
    let whole = Choice::new("", t.get("people-department-whole"));
    let departments = node.people.departments(&caller.participant).await?;
    let departments = departments.into_iter().map(|d| Choice::new(d.id.as_str(), d.names.get(viewer.lang())));
    let form = Form::new(viewer, at(&account.name), t.get("people-give"))
        .csrf(&entrant.csrf)
        .hidden("do", "grant")
        .field(Field::new("role", t.get("people-role")).kind(Kind::Radio(roles.collect())).required(viewer))
        .field(
            Field::new("department", t.get("people-department"))
                .kind(Kind::Select(std::iter::once(whole).chain(departments).collect()))
                .hint(t.get("people-department-hint")),
        );
    let body = Markup::paragraph(t.get("people-give-what")).and(form);
    Ok(Section::new(t.get("people-give"), body).card())
}

/// What may be done about somebody's way in.
fn rescue(viewer: &Viewer, entrant: &Entrant, account: &Account) -> Markup {
    let t = words(viewer);
    let part = |what: &str| {
        let form = Form::new(viewer, at(&account.name), t.get(&format!("people-do-{what}")))
            .csrf(&entrant.csrf)
            .hidden("do", what);
        Markup::from(Confirm {
            label: t.get(&format!("people-do-{what}")).into(),
            question: t.get(&format!("people-do-{what}-what")).into(),
            form: form.into(),
            calm: matches!(what, "link" | "enable"),
        })
    };
    let toggle = if account.disabled.is_some() { "enable" } else { "disable" };
    let unlink = (account.identities > 0).then_some("unlink");
    let all = ["link", "sign-out", "reset-password", "reset-second-factor"];
    Markup::join(all.into_iter().chain(unlink).chain([toggle]).map(part))
}

/// Does one thing to an account, and shows it again.
pub(super) async fn change(
    node: Shared,
    viewer: Viewer,
    caller: Caller,
    entrant: Entrant,
    Path(name): Path<String>,
    fields: Fields,
) -> Answer<Response> {
    let name = named(&name)?;
    let what = fields.get("do").unwrap_or_default();
    let came = done(&node, &caller, &entrant.by()?, &name, what, &fields).await;
    let page = shown(&node, &viewer, &caller, &entrant, &name).await?;
    let t = words(&viewer);
    let page = match came {
        Ok(Some(link)) => {
            let sample = Sample::new(&viewer, t.get("people-link"), link);
            page.notice(Notice::new(Tone::Good, t.get("people-link-made")).body(sample))
        }
        Ok(None) => page.notice(Notice::new(Tone::Good, t.get("people-saved"))),
        Err(problem) => with(page, &viewer, Some(&problem)),
    };
    Ok(page.answer(&viewer))
}

/// A link, when one was made.
async fn done(
    node: &Shared,
    caller: &Caller,
    by: &By,
    name: &AccountName,
    what: &str,
    fields: &Fields,
) -> Result<Option<String>> {
    let (people, us) = (&node.people, &caller.participant);
    if matches!(what, "grant" | "revoke") {
        let account = people.seen_by(us, name).await?;
        let role = fields.get("role").unwrap_or_default().parse()?;
        let department = fields.get("department").map(str::parse).transpose()?;
        let gift = Gift { role, department };
        if what == "grant" {
            people.give(us, &account.id, gift, by).await?;
        } else {
            people.take(us, &account.id, &gift, by).await?;
        }
        return Ok(None);
    }
    let account = people.governed_by(us, name).await?.id;
    match what {
        "link" => return people.make_link(&account, by).await.map(|made| Some(made.address)),
        "sign-out" => people.end_sessions(&account, None, by).await?,
        "reset-password" => people.reset_password(&account, by).await?,
        "reset-second-factor" => people.reset_second_factor(&account, by).await?,
        "unlink" => people.unlink_identities(&account, None, by).await?,
        "disable" => people.disable(&account, by).await?,
        "enable" => people.enable(&account, by).await?,
        other => return Err(Problem::new(ErrorCode::Malformed).with("what", "do").with("why", other)),
    }
    Ok(None)
}
