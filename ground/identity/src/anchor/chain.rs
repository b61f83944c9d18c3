//! The lists of an anchor on its disk: each names the one before it, and none is missing.

use std::path::{Path, PathBuf};

use corridor_base::{Country, Digest, Result};
use corridor_proof::{SecretKey, Signed, Signer as _, Statement as _, TrustList};
use corridor_storage::durable;

use crate::files;
use crate::view::list_invalid;

pub(super) fn list_path(path: &Path, country: &Country, number: u64) -> PathBuf {
    path.join("lists").join(format!("{country}-{number:06}.note"))
}

pub(super) fn write_list(path: &Path, list: TrustList, key: &SecretKey) -> Result<Signed<TrustList>> {
    let file = list_path(path, &list.country, list.number);
    let signed = Signed::new(list, &[key])?;
    // What readers would refuse must not be signed: it could never be taken back.
    let signed = Signed::parse(signed.bytes())?;
    if let Some(folder) = file.parent() {
        durable::create_directory(folder)?;
    }
    files::write(&file, signed.bytes(), files::PUBLIC)?;
    Ok(signed)
}

/// Goes through all lists of the directory; answers the newest.
pub(super) fn check_chain(path: &Path, country: &Country, key: &SecretKey) -> Result<Signed<TrustList>> {
    let mut before: Option<Signed<TrustList>> = None;
    let count = count_lists(path, country)?;
    for number in 1..=count {
        let file = list_path(path, country, number);
        let broken = |why: String| list_invalid(country, format!("{}: {why}", file.display()));
        let bytes = files::read(&file, TrustList::MAX).map_err(|e| broken(e.to_string()))?;
        let signed = Signed::<TrustList>::parse(&bytes).map_err(|e| broken(e.to_string()))?;
        let list = signed.body();
        if list.country != *country || list.number != number {
            return Err(broken(format!("it is list {} of {}", list.number, list.country)));
        }
        if !signed.signed_by(key.name(), key.public()) {
            return Err(broken("not signed by this anchor".to_owned()));
        }
        let previous: Option<Digest> = before.as_ref().map(Signed::digest);
        if list.previous != previous {
            return Err(broken("it does not follow the list before it".to_owned()));
        }
        before = Some(signed);
    }
    before.ok_or_else(|| list_invalid(country, format!("no list in {}", path.join("lists").display())))
}

/// How many lists there are, by the highest number in a file name.
fn count_lists(path: &Path, country: &Country) -> Result<u64> {
    let folder = path.join("lists");
    let mut highest = 0;
    for entry in std::fs::read_dir(&folder).map_err(|e| files::refuse(&folder, e))? {
        let name = entry.map_err(|e| files::refuse(&folder, e))?.file_name();
        let number =
            name.to_str().and_then(|n| n.strip_prefix(&format!("{country}-"))?.strip_suffix(".note"));
        highest = highest.max(number.and_then(|n| n.parse().ok()).unwrap_or(0));
    }
    Ok(highest)
}
