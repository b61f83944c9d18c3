//! What a node checks interchanges against: UNECE directories, which say the same to every participant and
//! belong to none, and the guides that one participant agreed on with its partners (PA-1); and the mappings of
//! its own by which it makes and shows documents. All are files in the data directory, so that they are kept
//! unchanged, as the directories' licence asks; what is put there while the node runs is seen with the next
//! interchange.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use corridor_base::{Did, ErrorCode, Problem, Result};
use corridor_storage::durable;

use crate::directory::{Directory, LARGEST};
use crate::mapping::Mapping;
use crate::rules::{Guide, Shelf};
use crate::shape::Mappings;

/// Where the zips are, below the data directory.
const DIRECTORIES: &str = "directories";
/// Where guides are, below the data directory, in a folder for each participant.
const GUIDES: &str = "guides";
/// Where mappings are, below the data directory, in a folder for each participant.
const MAPPINGS: &str = "mappings";
/// The most directories and, for each participant, the most guides and the most mappings that are looked at.
pub(crate) const MOST: usize = 64;
/// The most shelves kept ready, one for each participant and partner.
const READY: usize = 256;

/// A file as it was when it was read: its path, its length, its time.
pub(crate) type Seen = (PathBuf, u64, Option<SystemTime>);

/// The mappings of a participant, and the files that its own were read from.
type Own = (Vec<Seen>, Arc<Mappings>);

/// The directories and guides of a node.
#[derive(Debug, Default)]
pub struct Library {
    /// The data directory; a node without one checks envelopes alone.
    data: Option<PathBuf>,
    kept: Mutex<Kept>,
    /// By participant; each with the files it was made of.
    mappings: Mutex<BTreeMap<String, Own>>,
}

#[derive(Debug, Default)]
struct Kept {
    directories: Vec<Seen>,
    /// All directories, no guide.
    base: Arc<Shelf>,
    /// By participant and partner; each with the guides it was made of.
    ready: BTreeMap<(String, String), (Vec<Seen>, Arc<Shelf>)>,
}

impl Kept {
    /// Reads the directories where they are others than before.
    fn refresh(&mut self, data: &Path) {
        let directories = listed(&Library::directories(data), "zip");
        if directories != self.directories {
            self.base = Arc::new(loaded(&directories));
            self.directories = directories;
            self.ready.clear();
        }
    }
}

impl Library {
    /// Of the node whose data directory this is.
    #[must_use]
    pub fn at(data: &Path) -> Self {
        Self { data: Some(data.to_owned()), ..Self::default() }
    }

    /// Where its zips are.
    #[must_use]
    pub fn directories(data: &Path) -> PathBuf {
        data.join(DIRECTORIES)
    }

    /// Where the guides of a participant are. A DID holds no separator of paths.
    #[must_use]
    pub fn guides(data: &Path, us: &Did) -> PathBuf {
        data.join(GUIDES).join(us.as_str())
    }

    /// Where the mappings of a participant's own are.
    #[must_use]
    pub fn own_mappings(data: &Path, us: &Did) -> PathBuf {
        data.join(MAPPINGS).join(us.as_str())
    }

    /// The mappings in a folder ([`Self::own_mappings`]), each with its file. Files that cannot be used are passed
    /// over and told to the operator.
    #[must_use]
    pub fn kept_mappings(folder: &Path) -> Vec<(PathBuf, Mapping)> {
        let parsed = |(path, ..): Seen| {
            let parsed = read(&path).and_then(|json| Mapping::parse(&json));
            let mapping = parsed.inspect_err(|problem| passed_over(&path, problem)).ok()?;
            Some((path, mapping))
        };
        listed(folder, "json").into_iter().filter_map(parsed).collect()
    }

    /// A mapping that may be put into a folder, and the file it is kept in there: that of one of the same name.
    ///
    /// # Errors
    /// `malformed` for what is no mapping; `too-large` when there are as many as are looked at.
    pub(crate) fn fits(folder: &Path, json: &[u8]) -> Result<(Mapping, PathBuf)> {
        let mapping = Mapping::parse(json)?;
        // A name of a mapping has nothing that leads out of a folder.
        let path = folder.join(format!("{}.json", mapping.mapping));
        if listed(folder, "json").iter().filter(|(known, ..)| *known != path).count() >= MOST {
            return Err(Problem::new(ErrorCode::TooLarge)
                .with("what", folder.display())
                .with("limit", format!("{MOST} mappings")));
        }
        Ok((mapping, path))
    }

    /// Keeps what [`Self::fits`].
    ///
    /// # Errors
    /// `file-failed`, `storage-full`.
    pub(crate) fn keep(path: &Path, json: &[u8]) -> Result<()> {
        path.parent().map_or(Ok(()), durable::create_directory)?;
        durable::write_file(path, json, 0o644)
    }

    /// The file of a mapping in a folder.
    ///
    /// # Errors
    /// `not-found`.
    pub(crate) fn kept_mapping(folder: &Path, name: &str) -> Result<PathBuf> {
        let found = Self::kept_mappings(folder).into_iter().find(|(_, mapping)| mapping.mapping == name);
        found
            .map(|(path, _)| path)
            .ok_or_else(|| Problem::new(ErrorCode::NotFound).with("what", format!("mapping {name}")))
    }

    /// The mappings that a participant uses: its own, and those that come with the program. Files that cannot be
    /// used are passed over and told to the operator.
    ///
    /// Reads what is new: not on a thread that serves requests.
    #[must_use]
    pub fn mappings(&self, us: &Did) -> Arc<Mappings> {
        let Some(data) = &self.data else { return Arc::default() };
        let files = listed(&Self::own_mappings(data, us), "json");
        if files.is_empty() {
            return Arc::default();
        }
        let mut kept = self.mappings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = kept.get(us.as_str()).filter(|(of, _)| *of == files) {
            return Arc::clone(known);
        }
        let own = Self::kept_mappings(&Self::own_mappings(data, us));
        let all = Arc::new(Mappings::with(own.into_iter().map(|(_, mapping)| mapping)));
        if kept.len() >= READY {
            kept.clear();
        }
        kept.insert(us.to_string(), (files, Arc::clone(&all)));
        all
    }

    /// The same, for who is on a thread that serves requests: what has to be read is, on another.
    ///
    /// # Errors
    /// `internal` when that was given up.
    pub async fn mappings_for(self: &Arc<Self>, us: &Did) -> Result<Arc<Mappings>> {
        if let Some(mappings) = self.mappings_ready(us) {
            return Ok(mappings);
        }
        let (library, us) = (Arc::clone(self), us.clone());
        tokio::task::spawn_blocking(move || library.mappings(&us))
            .await
            .map_err(|e| Problem::new(ErrorCode::Internal).because(e))
    }

    /// The mappings of a participant when they were read and their files are what they were, or when it has none.
    /// Looks at one folder, and reads nothing.
    fn mappings_ready(&self, us: &Did) -> Option<Arc<Mappings>> {
        let Some(data) = &self.data else { return Some(Arc::default()) };
        let files = listed(&Self::own_mappings(data, us), "json");
        if files.is_empty() {
            return Some(Arc::default());
        }
        let kept = self.mappings.try_lock().ok()?;
        kept.get(us.as_str()).filter(|(of, _)| *of == files).map(|(_, known)| Arc::clone(known))
    }

    /// The shelf of these two when it is ready and its files are what they were, or when there are none. Looks
    /// at two folders, and reads nothing.
    #[must_use]
    pub fn ready(&self, us: &Did, partner: &Did) -> Option<Arc<Shelf>> {
        let Some(data) = &self.data else { return Some(Arc::default()) };
        // Somebody may be compiling a directory, and hold it for seconds.
        let kept = self.kept.try_lock().ok()?;
        if listed(&Self::directories(data), "zip") != kept.directories {
            return None;
        }
        let guides = listed(&Self::guides(data, us), "json");
        if guides.is_empty() {
            return Some(Arc::clone(&kept.base));
        }
        let key = (us.to_string(), partner.to_string());
        kept.ready.get(&key).filter(|(of, _)| *of == guides).map(|(_, shelf)| Arc::clone(shelf))
    }

    /// What messages between these two are checked against. Files that cannot be used are passed over and
    /// told to the operator: a wrong guide must not stop the mail.
    ///
    /// Reads and compiles what is new: not on a thread that serves requests.
    #[must_use]
    pub fn shelf(&self, us: &Did, partner: &Did) -> Arc<Shelf> {
        let Some(data) = &self.data else { return Arc::default() };
        let mut kept = self.lock();
        kept.refresh(data);
        let guides = listed(&Self::guides(data, us), "json");
        if guides.is_empty() {
            return Arc::clone(&kept.base);
        }
        let key = (us.to_string(), partner.to_string());
        if let Some((_, shelf)) = kept.ready.get(&key).filter(|(of, _)| *of == guides) {
            return Arc::clone(shelf);
        }
        let shelf = Arc::new(guided(&kept.base, &guides, partner));
        if kept.ready.len() >= READY {
            kept.ready.clear();
        }
        kept.ready.insert(key, (guides, Arc::clone(&shelf)));
        shelf
    }

    /// The same, for who is on a thread that serves requests: what has to be read or compiled is, on another.
    ///
    /// # Errors
    /// `internal` when that was given up.
    pub async fn shelf_for(self: &Arc<Self>, us: &Did, partner: &Did) -> Result<Arc<Shelf>> {
        if let Some(shelf) = self.ready(us, partner) {
            return Ok(shelf);
        }
        let (library, us, partner) = (Arc::clone(self), us.clone(), partner.clone());
        tokio::task::spawn_blocking(move || library.shelf(&us, &partner))
            .await
            .map_err(|e| Problem::new(ErrorCode::Internal).because(e))
    }

    /// All directories, and no guide. Reads and compiles what is new: not on a thread that serves requests.
    #[must_use]
    pub fn base(&self) -> Arc<Shelf> {
        let Some(data) = &self.data else { return Arc::default() };
        let mut kept = self.lock();
        kept.refresh(data);
        Arc::clone(&kept.base)
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The files of a folder with this extension, in the order of their names.
pub(crate) fn listed(folder: &Path, extension: &str) -> Vec<Seen> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let named = |path: &PathBuf| path.extension().is_some_and(|e| e == extension);
    let mut files: Vec<Seen> = entries
        .flatten()
        .filter(|entry| named(&entry.path()))
        .filter_map(|entry| {
            let facts = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
            Some((entry.path(), facts.len(), facts.modified().ok()))
        })
        .collect();
    files.sort();
    files.truncate(MOST);
    files
}

/// Reads a directory from its zip.
///
/// # Errors
/// `file-failed`, `too-large`; what is wrong with the directory.
pub fn load(zip: &Path) -> Result<Directory> {
    Directory::load(&read(zip)?)
}

/// Reads a file of bounded size.
///
/// # Errors
/// `file-failed`, `too-large`.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let failed = |e| Problem::new(ErrorCode::FileFailed).with("path", path.display()).because(e);
    let size = std::fs::metadata(path).map_err(failed)?.len();
    if size > LARGEST as u64 {
        return Err(Problem::new(ErrorCode::TooLarge)
            .with("what", path.display())
            .with("limit", format!("{LARGEST} bytes")));
    }
    std::fs::read(path).map_err(failed)
}

fn loaded(directories: &[Seen]) -> Shelf {
    let mut shelf = Shelf::default();
    for (path, ..) in directories {
        match load(path) {
            Ok(directory) => shelf.add(Arc::new(directory)),
            Err(problem) => passed_over(path, &problem),
        }
    }
    shelf
}

fn guided(base: &Shelf, guides: &[Seen], partner: &Did) -> Shelf {
    let mut shelf = base.clone();
    for (path, ..) in guides {
        let added = read(path).and_then(|json| Guide::parse(&json)).and_then(|guide| {
            if guide.partner.as_deref().is_some_and(|with| with != partner.as_str()) {
                return Ok(());
            }
            shelf.add_guide(&guide)
        });
        if let Err(problem) = added {
            passed_over(path, &problem);
        }
    }
    shelf
}

pub(crate) fn passed_over(path: &Path, problem: &Problem) {
    tracing::warn!(code = %problem.code(), path = %path.display(), "a directory, guide or mapping cannot be used");
}
