//! Departments of a participant: an office with a name in three languages, and which documents are its
//! business, by kind, by partner, or both. Its officers see and send those and no others; the listing's own
//! query is what keeps them to it (`corridor_exchange::Scope`).

use std::fmt;
use std::str::FromStr;

use corridor_base::{Did, ErrorCode, Problem, Result, Words};
use corridor_exchange::Scope;
use corridor_proof::{Act, Kind, act};
use corridor_storage::{Row, Tx};

use super::{By, People};

/// The most departments of a participant, and the most kinds and partners of one.
const DEPARTMENTS: usize = 200;
const ENTRIES: usize = 50;
/// The longest name, in characters.
const NAME: usize = 100;

/// What a department is called in texts and on the command line: `export-control`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DepartmentId(String);

impl DepartmentId {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DepartmentId {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if (1..=40).contains(&text.len()) && text.chars().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Problem::new(ErrorCode::Malformed)
                .with("what", "department id")
                .with("why", "1 to 40 lower-case letters, digits and - expected"))
        }
    }
}

impl fmt::Display for DepartmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One department.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Department {
    /// Its identifier.
    pub id: DepartmentId,
    /// Its name.
    pub names: Words,
    /// The kinds of document that are its business; none means all.
    pub kinds: Vec<Kind>,
    /// The partners whose documents are; none means all.
    pub partners: Vec<Did>,
}

impl Department {
    /// What its officers see and send.
    #[must_use]
    pub fn scope(&self) -> Scope {
        Scope::of(self.kinds.clone(), self.partners.clone())
    }

    fn check(&self) -> Result<()> {
        let refuse =
            |why: &str| Err(Problem::new(ErrorCode::Malformed).with("what", "department").with("why", why));
        let fits = |name: &String| {
            !name.trim().is_empty() && name.chars().count() <= NAME && !name.chars().any(char::is_control)
        };
        if ![&self.names.en, &self.names.ja, &self.names.ko].into_iter().all(fits) {
            return refuse("a name of 1 to 100 printable characters in each language expected");
        }
        if self.kinds.len() > ENTRIES || self.partners.len() > ENTRIES {
            return refuse("at most 50 kinds and 50 partners expected");
        }
        Ok(())
    }
}

fn of_row(row: &Row) -> Result<Department> {
    let json = |e: serde_json::Error| Problem::new(ErrorCode::Internal).because(e);
    let list = |column| Ok::<_, Problem>(row.text(column)?.split(' ').filter(|t| !t.is_empty()));
    Ok(Department {
        id: row.text(0)?.parse()?,
        names: serde_json::from_str(row.text(1)?).map_err(json)?,
        kinds: list(2)?.map(str::parse).collect::<Result<_>>()?,
        partners: list(3)?.map(str::parse).collect::<Result<_>>()?,
    })
}

pub(crate) fn find(tx: &mut Tx<'_>, id: &DepartmentId) -> Result<Option<Department>> {
    let row = tx.query_one(
        "SELECT id, names, kinds, partners FROM department WHERE participant = $1 AND id = $2",
        &[id.as_str().into()],
    )?;
    row.as_ref().map(of_row).transpose()
}

pub(crate) fn not_found(id: &DepartmentId) -> Problem {
    Problem::new(ErrorCode::NotFound).with("what", format!("department {id}"))
}

impl People {
    /// The departments of a participant.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn departments(&self, of: &Did) -> Result<Vec<Department>> {
        self.store
            .read(of, |tx| {
                let rows = tx.query(
                    "SELECT id, names, kinds, partners FROM department WHERE participant = $1 ORDER BY id",
                    &[],
                )?;
                rows.iter().map(of_row).collect()
            })
            .await
    }

    /// One department.
    ///
    /// # Errors
    /// `not-found`; those of the store.
    pub async fn department(&self, of: &Did, id: &DepartmentId) -> Result<Department> {
        let wanted = id.clone();
        let found = self.store.read(of, move |tx| find(tx, &wanted)).await?;
        found.ok_or_else(|| not_found(id))
    }

    /// Makes a department, or changes it.
    ///
    /// # Errors
    /// `malformed`; those of the store.
    pub async fn set_department(&self, of: &Did, department: Department, by: &By) -> Result<()> {
        department.check()?;
        let fields = [("department", department.id.as_str()), ("change", "set"), ("by", by.as_str())];
        let record = Act::seal(&act::DEPARTMENT_CHANGED, of, &fields, &*self.clock, &*self.random)?;
        let names = serde_json::to_string(&department.names)
            .map_err(|e| Problem::new(ErrorCode::Internal).because(e))?;
        let joined = |items: Vec<&str>| items.join(" ");
        let kinds = joined(department.kinds.iter().map(Kind::as_str).collect());
        let partners = joined(department.partners.iter().map(Did::as_str).collect());
        self.store
            .write(of, move |tx| {
                let count =
                    tx.query_one("SELECT COUNT(*) FROM department WHERE participant = $1", &[])?;
                let many = count.map_or(Ok(0), |row| row.int(0))?;
                let full = usize::try_from(many).unwrap_or(usize::MAX) >= DEPARTMENTS;
                if full && find(tx, &department.id)?.is_none() {
                    return Err(Problem::new(ErrorCode::Malformed)
                        .with("what", "department")
                        .with("why", "a participant has at most 200"));
                }
                tx.execute(
                    "INSERT INTO department (participant, id, names, kinds, partners) VALUES ($1, $2, $3, $4, $5)
                     ON CONFLICT (participant, id) DO UPDATE SET names = $3, kinds = $4, partners = $5",
                    &[
                        department.id.as_str().into(),
                        names.as_str().into(),
                        kinds.as_str().into(),
                        partners.as_str().into(),
                    ],
                )?;
                tx.record(&record)
            })
            .await
    }

    /// Removes a department. Grants and tokens that name it see nothing from then on.
    ///
    /// # Errors
    /// `not-found`; those of the store.
    pub async fn remove_department(&self, of: &Did, id: &DepartmentId, by: &By) -> Result<()> {
        let fields = [("department", id.as_str()), ("change", "removed"), ("by", by.as_str())];
        let record = Act::seal(&act::DEPARTMENT_CHANGED, of, &fields, &*self.clock, &*self.random)?;
        let id = id.clone();
        self.store
            .write(of, move |tx| {
                let changed = tx.execute(
                    "DELETE FROM department WHERE participant = $1 AND id = $2",
                    &[id.as_str().into()],
                )?;
                if changed == 0 { Err(not_found(&id)) } else { tx.record(&record) }
            })
            .await
    }
}
