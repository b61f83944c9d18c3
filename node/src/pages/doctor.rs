//! What is wrong with the node and what to do about it, the worst first. What needs the network, asking
//! partners, is done when somebody asks for it and not whenever the page is looked at.

use axum::response::Response;
use corridor_console::component::{
    Badge, Column, Command, Empty, Icon, Notice, Press, Row, Section, Table, Tone, country_name,
};
use corridor_console::{Markup, Page, Viewer};

use super::evidence::words;
use super::form::Fields;
use crate::api::Shared;
use crate::api::problem::Answer;
use crate::doctor::{self, Finding, Status};

/// `GET /console/doctor`.
pub(super) async fn show(node: Shared, viewer: Viewer) -> Answer<Response> {
    let findings = doctor::of_node_itself(&node, viewer.lang()).await;
    Ok(page(&viewer, &findings, false).answer(&viewer))
}

/// `POST /console/doctor`: the same, with every partner tried.
pub(super) async fn examine(node: Shared, viewer: Viewer, _: Fields) -> Answer<Response> {
    let findings = doctor::of_node(&node, viewer.lang()).await;
    Ok(page(&viewer, &findings, true).answer(&viewer))
}

/// How a finding is shown.
fn tone(status: Status) -> (Tone, &'static str) {
    match status {
        Status::Wrong => (Tone::Bad, "doctor-state-wrong"),
        Status::Warning => (Tone::Wait, "doctor-state-warning"),
        Status::Good => (Tone::Good, "doctor-state-good"),
    }
}

fn page(viewer: &Viewer, findings: &[Finding], partners: bool) -> Page {
    let t = words(viewer);
    let of = |status: Status| findings.iter().filter(move |f| f.status == status);
    let (wrong, warned) = (of(Status::Wrong).count(), of(Status::Warning).count());
    let notice = match (wrong, warned) {
        (0, 0) => Notice::new(Tone::Good, t.get("doctor-well")),
        (0, n) => Notice::new(Tone::Wait, t.get("doctor-warned").and("n", n)),
        (n, _) => Notice::new(Tone::Bad, t.get("doctor-ill").and("n", n)),
    };
    let mut body = Markup::none();
    let amiss: Vec<&Finding> = of(Status::Wrong).chain(of(Status::Warning)).collect();
    if !amiss.is_empty() {
        body = body.and(
            Section::new(t.get("doctor-todo"), table(viewer, "doctor-todo-caption", &amiss)).named("amiss"),
        );
    }
    let well: Vec<&Finding> = of(Status::Good).collect();
    if !well.is_empty() {
        body = body.and(
            Section::new(t.get("doctor-fine"), table(viewer, "doctor-fine-caption", &well)).named("well"),
        );
    }
    let examine = Press::new(viewer, "/console/doctor", t.get("doctor-examine")).icon(Icon::Partners);
    let command = Command::new(viewer, "doctor", "GET", "/api/v1/doctor", None);
    let lead = if partners { "doctor-lead-partners" } else { "doctor-lead" };
    Page::new(t.get("doctor-title"), body.and(command)).lead(t.get(lead)).actions(examine).notice(notice)
}

/// What a check is about: a country by its name, anything else as it is called.
fn about(viewer: &Viewer, about: &str) -> String {
    let country = about.len() == 2 && about.bytes().all(|b| b.is_ascii_uppercase());
    if country { country_name(viewer.lang(), about) } else { about.to_owned() }
}

fn table(viewer: &Viewer, caption: &str, findings: &[&Finding]) -> Markup {
    let t = words(viewer);
    let row = |finding: &&Finding| {
        let (tone, word) = tone(finding.status);
        let name = t.or(&format!("doctor-check-{}", finding.check), &finding.check);
        let about = (!finding.about.is_empty()).then(|| Markup::quiet(about(viewer, &finding.about)));
        let remedy = (!finding.remedy.is_empty()).then(|| Markup::text(&finding.remedy));
        Row(vec![
            Markup::lines([Markup::text(name)].into_iter().chain(about)),
            Badge::new(tone, t.get(word)).into(),
            Markup::lines([Markup::text(&finding.detail)].into_iter().chain(remedy)),
        ])
    };
    Table {
        caption: t.get(caption).into(),
        columns: vec![
            Column::new(t.get("doctor-column-check")),
            Column::new(t.get("doctor-column-state")),
            Column::new(t.get("doctor-column-found")),
        ],
        rows: findings.iter().map(row).collect(),
        empty: Empty::new(Icon::Doctor, "", ""),
        paging: None,
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::evidence::tests::{holds, order, viewer};
    use corridor_base::Lang;

    #[test]
    fn the_worst_stands_first_and_says_what_to_do() {
        let finding = |check: &str, status: Status, detail: &str, remedy: &str| Finding {
            check: check.to_owned(),
            about: "<i>did</i>".to_owned(),
            status,
            detail: detail.to_owned(),
            remedy: remedy.to_owned(),
        };
        let all = [
            finding("database", Status::Good, "fine-one", ""),
            finding("space", Status::Warning, "warned-one", "remedy-one"),
            finding("trust", Status::Wrong, "wrong-one", "remedy-two"),
        ];
        let check = |findings: &[Finding], expect: &[&str]| {
            for lang in Lang::ALL {
                let viewer = viewer(*lang);
                let html = page(&viewer, findings, false).html(&viewer);
                order(&html, expect);
                assert!(!html.contains("<i>"), "what a check is about became markup");
            }
        };
        check(&all, &["notice bad", "wrong-one", "remedy-two", "warned-one", "remedy-one", "fine-one"]);
        check(&all[..2], &["notice wait", "warned-one", "fine-one"]);
        check(&all[..1], &["notice good", "fine-one"]);
        check(&[], &["notice good"]);
        let viewer = viewer(Lang::Ja);
        holds(&page(&viewer, &all, true).html(&viewer), &["corridor doctor", "/api/v1/doctor"]);
    }
}
