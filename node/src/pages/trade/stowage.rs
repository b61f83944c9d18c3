//! A stowage plan as a picture: bays, rows and tiers, drawn by the server, with the same in a table beside it
//! for people who read.

use corridor_console::component::{
    Badge, Bay as Drawn, Column, Empty, Facts, Icon, Row, Section, StowBox, StowKey, Table, Tabs, Tone,
    address,
};
use corridor_console::{Markup, Viewer, format};
use corridor_trade::shape::stowage::{Bay, Stowage, Stowed};

use super::super::text;

/// The most containers that are drawn on one page; a larger ship is shown bay by bay.
const AT_ONCE: usize = 60;
/// The most containers that a table lists.
const LISTED: usize = 500;

/// The picture and the table of a plan.
pub(super) fn picture(viewer: &Viewer, plan: &Stowage, base: &str, asked: &str) -> Markup {
    let t = text(viewer.lang());
    let (bays, ports) = (plan.bays(), plan.ports());
    let facts = Facts::new()
        .text(t.get("stow-vessel"), name(&plan.vessel, &plan.call_sign))
        .text(t.get("stow-voyage"), or_dash(&plan.voyage))
        .text(t.get("stow-departure"), or_dash(&plan.departure))
        .text(t.get("stow-containers"), format::number(plan.containers.len() as u64 + plan.more));
    let key = StowKey {
        ports: ports
            .iter()
            .enumerate()
            .map(|(at, (letter, port, count))| (at, letter.clone(), format!("{} ({count})", or_dash(port))))
            .collect(),
    };
    let one: Option<u16> = asked.parse().ok().filter(|n| bays.iter().any(|bay| bay.number == *n));
    let one = match one {
        None if plan.containers.len() > AT_ONCE => bays.first().map(|bay| bay.number),
        one => one,
    };
    let shown = |bay: &&Bay| one.is_none_or(|one| bay.number == one);
    let mut body = Markup::from(Section::new(t.get("stow-title"), facts).card());
    if bays.len() > 1 && (one.is_some() || plan.containers.len() > AT_ONCE) {
        body = body.and(choice(viewer, &bays, base, one, plan.containers.len()));
    }
    let drawn = bays.iter().filter(shown).map(|bay| draw(viewer, plan, bay, &ports).into());
    body = body.and(Section::new(t.get("stow-discharge"), key)).and(Markup::join(drawn));
    body.and(table(viewer, plan, one, &ports))
}

fn or_dash(text: &str) -> String {
    if text.is_empty() { "–".to_owned() } else { text.to_owned() }
}

fn name(vessel: &str, call_sign: &str) -> String {
    match (vessel, call_sign) {
        ("", call_sign) => or_dash(call_sign),
        (vessel, "") => vessel.to_owned(),
        (vessel, call_sign) => format!("{vessel} ({call_sign})"),
    }
}

fn choice(viewer: &Viewer, bays: &[Bay], base: &str, one: Option<u16>, containers: usize) -> Tabs {
    let t = text(viewer.lang());
    let to = |bay: &str| address(base, &[("bay", bay)]);
    let whole = (containers <= AT_ONCE).then(|| (t.get("stow-all").to_string(), to("")));
    let bay = |bay: &Bay| {
        let number = format!("{:03}", bay.number);
        (t.get("stow-bay").and("n", &number).to_string(), to(&number))
    };
    let here = one.map_or_else(|| to(""), |one| to(&format!("{one:03}")));
    Tabs {
        label: t.get("stow-bays").into(),
        links: whole.into_iter().chain(bays.iter().map(bay)).collect(),
        here,
    }
}

/// The place of a port among those of the plan.
fn port_of(ports: &[(String, String, usize)], container: &Stowed) -> (usize, String) {
    let found = ports.iter().enumerate().find(|(_, (_, port, _))| *port == container.discharge);
    found.map_or((0, String::new()), |(at, (letter, ..))| (at, letter.clone()))
}

fn draw(viewer: &Viewer, plan: &Stowage, bay: &Bay, ports: &[(String, String, usize)]) -> Drawn {
    let t = text(viewer.lang());
    let number = format!("{:03}", bay.number);
    let mut boxes = Vec::new();
    for container in &plan.containers {
        let Some(cell) = container.cell.filter(|cell| cell.bay == bay.number) else { continue };
        let row = bay.rows.iter().position(|row| *row == cell.row);
        let tier = bay.tiers.iter().position(|tier| *tier == cell.tier);
        let (Some(row), Some(tier)) = (row, tier) else { continue };
        let (port, letter) = port_of(ports, container);
        let note = format!("{} {}", short(&container.discharge), marks(container)).trim().to_owned();
        boxes.push(StowBox { row, tier, container: or_dash(&container.container), letter, port, note });
    }
    let title = t.get("stow-bay").and("n", &number).to_string();
    Drawn {
        id: format!("bay-{number}"),
        says: t.get("stow-says").and("n", &number).and("count", boxes.len()).into(),
        rows: bay.rows.iter().map(|row| format!("{row:02}")).collect(),
        tiers: bay.tiers.iter().map(|tier| format!("{tier:02}")).collect(),
        deck: bay.tiers.iter().filter(|tier| **tier >= 70).count(),
        boxes,
        sides: (t.get("stow-port-side").into(), t.get("stow-starboard").into()),
        title,
    }
}

/// A port in the picture: `HKT` of `JPHKT`.
fn short(port: &str) -> &str {
    port.get(2..).filter(|rest| !rest.is_empty()).unwrap_or(port)
}

/// What matters beside the port: empty, cooled, dangerous.
fn marks(container: &Stowed) -> String {
    let empty = (container.full == Some(false)).then_some("E");
    let cool = (!container.temperature.is_empty()).then_some("R");
    let dangerous = (!container.dangerous.is_empty()).then_some("D");
    [empty, cool, dangerous].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// The same as the picture, to be read.
fn table(viewer: &Viewer, plan: &Stowage, one: Option<u16>, ports: &[(String, String, usize)]) -> Markup {
    let t = text(viewer.lang());
    let of = |container: &&Stowed| one.is_none_or(|one| container.cell.is_none_or(|cell| cell.bay == one));
    let row = |container: &Stowed| {
        let (_, letter) = port_of(ports, container);
        let place = match container.cell {
            Some(cell) => format!("{:03} {:02} {:02}", cell.bay, cell.row, cell.tier),
            None => t.get("stow-no-place").and("place", or_dash(&container.place)).into(),
        };
        let full = match container.full {
            Some(true) => t.get("stow-full").to_string(),
            Some(false) => t.get("stow-empty").into(),
            None => "–".to_owned(),
        };
        let mut more: Vec<Markup> =
            container.dangerous.iter().map(|d| Badge::new(Tone::Bad, d.clone()).into()).collect();
        if !container.temperature.is_empty() {
            more.push(Markup::text(t.get("stow-temperature").and("t", &container.temperature)));
        }
        Row(vec![
            Markup::text(or_dash(&container.container)),
            Markup::text(place),
            Markup::text(format!("{letter} {}", or_dash(&container.discharge))),
            Markup::text(or_dash(&container.size_type)),
            Markup::text(full),
            Markup::text(format!("{} {}", or_dash(&container.weight), container.unit).trim()),
            if more.is_empty() { Markup::text("–") } else { Markup::lines(more) },
        ])
    };
    let rows: Vec<Row> = plan.containers.iter().filter(of).take(LISTED).map(row).collect();
    let table = Table {
        caption: t.get("stow-table-caption").into(),
        columns: vec![
            Column::new(t.get("stow-container")),
            Column::new(t.get("stow-place")),
            Column::new(t.get("stow-discharge")),
            Column::new(t.get("stow-type")),
            Column::new(t.get("stow-fullness")),
            Column::number(t.get("stow-weight")),
            Column::new(t.get("stow-more")),
        ],
        rows,
        empty: Empty::new(Icon::Trade, t.get("stow-nothing"), ""),
        paging: None,
    };
    Section::new(t.get("stow-table"), table).into()
}
