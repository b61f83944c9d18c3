//! Reading a log that somebody else serves (C2SP tlog-tiles), through the guarded client (NE-1).

use std::collections::HashMap;
use std::io::Read as _;
use std::time::Duration;

use async_trait::async_trait;
use corridor_base::{ErrorCode, Problem, Result};
use corridor_net::{Client, Request};
use corridor_proof::SignedCheckpoint;
use corridor_proof::checkpoint::MAX_CHECKPOINT;
use corridor_proof::merkle::HashReader;
use corridor_proof::tile::{Kind, MAX_BUNDLE, Tile, TileReader, WIDTH, take_entry};
use flate2::read::MultiGzDecoder;
use futures::stream::{self, Stream, StreamExt as _};
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use url::Url;

/// How long one file may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most tiles that one question may need: a proof needs at most three for each level of tiles.
const MAX_TILES: usize = 64;
/// What a file may be larger compressed than not: the frame of gzip, and the little that each block adds to bytes
/// that cannot be made smaller.
const FRAME: usize = 4 << 10;

/// How files of others are read: the guarded client (NE-1), or a test's.
#[async_trait]
pub trait Fetch: Send + Sync {
    /// The content, unpacked, of at most `limit` bytes; `None` when there is none (404, 410).
    ///
    /// # Errors
    /// `partner-unreachable`, `partner-answer`, `address-refused`, `too-large`.
    async fn fetch(&self, url: &Url, limit: usize) -> Result<Option<Vec<u8>>>;
}

#[async_trait]
impl Fetch for Client {
    async fn fetch(&self, url: &Url, limit: usize) -> Result<Option<Vec<u8>>> {
        let mut request = Request::new(Method::GET, url.clone());
        (request.limit, request.timeout) = (limit + limit / 1000 + FRAME, PATIENCE);
        // A log may send gzip whether or not it was asked for (C2SP tlog-tiles, "Log entries").
        request.headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip, identity"));
        let answer = self.send(request).await?;
        match answer.status {
            StatusCode::OK => plain(url, &answer.headers, &answer.body, limit).map(Some),
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
            status => Err(wrong(url, format!("status {status}"))),
        }
    }
}

/// The content as it was before it was compressed, at most `limit` bytes of it: a small answer may unpack to
/// any size (NE-1).
fn plain(url: &Url, headers: &HeaderMap, body: &[u8], limit: usize) -> Result<Vec<u8>> {
    let encodings: Vec<_> = headers.get_all(CONTENT_ENCODING).iter().collect();
    let encoding = match encodings.as_slice() {
        [] => "identity".to_owned(),
        [one] => String::from_utf8_lossy(one.as_bytes()).trim().to_ascii_lowercase(),
        _ => "several".to_owned(),
    };
    let (out, what) = match encoding.as_str() {
        "identity" => (body.to_vec(), format!("answer of {url}")),
        "gzip" | "x-gzip" => {
            let (mut out, most) = (Vec::new(), u64::try_from(limit).unwrap_or(u64::MAX));
            let mut reader = MultiGzDecoder::new(body).take(most.saturating_add(1));
            reader
                .read_to_end(&mut out)
                .map_err(|e| wrong(url, "gzip that cannot be unpacked").because(e))?;
            (out, format!("answer of {url}, unpacked"))
        }
        other => return Err(wrong(url, format!("content encoding {other:?}"))),
    };
    match out.len() {
        length if length > limit => {
            Err(Problem::new(ErrorCode::TooLarge).with("what", what).with("limit", limit))
        }
        _ => Ok(out),
    }
}

pub(crate) fn wrong(url: &Url, why: impl std::fmt::Display) -> Problem {
    Problem::new(ErrorCode::PartnerAnswer).with("partner", url).with("why", why)
}

/// Entries that share a bundle. Whether they are in the log is not judged.
pub(crate) struct Bundle {
    /// The number of the first one, a multiple of 256.
    pub(crate) floor: u64,
    /// The number after the last one.
    pub(crate) end: u64,
    /// As many entries as lie between.
    pub(crate) entries: Vec<Vec<u8>>,
}

/// A log somewhere else. What it answers is bounded and well formed, and not judged.
pub(crate) struct Remote<'a> {
    fetch: &'a dyn Fetch,
    base: &'a Url,
    tiles: HashMap<Tile, Vec<u8>>,
}

impl<'a> Remote<'a> {
    /// The log below this prefix, which ends in a slash.
    pub(crate) fn new(fetch: &'a dyn Fetch, base: &'a Url) -> Self {
        Self { fetch, base, tiles: HashMap::new() }
    }

    async fn file(&self, path: &str, limit: usize) -> Result<Option<Vec<u8>>> {
        let url = self.base.join(path).map_err(|e| wrong(self.base, e))?;
        self.fetch.fetch(&url, limit).await
    }

    /// Its checkpoint, when it has one.
    pub(crate) async fn checkpoint(&self) -> Result<Option<SignedCheckpoint>> {
        let note = self.file("checkpoint", MAX_CHECKPOINT).await?;
        note.map(|note| SignedCheckpoint::parse(&note)).transpose()
    }

    /// A tile of the length that it must have.
    async fn tile(&self, tile: Tile) -> Result<Vec<u8>> {
        let bytes = self.any_tile(tile).await?;
        let form = match tile.kind() {
            Kind::Entries => tile.entries(&bytes).map(|_| ()),
            Kind::Hashes(_) => tile.hashes(&bytes).map(|_| ()),
        };
        // Said as a fault of whoever serves it, not of what we asked.
        form.map_err(|problem| wrong(self.base, problem))?;
        Ok(bytes)
    }

    /// Where the partial tile is gone, it is cut from the whole one (C2SP tlog-tiles, "Partial Tiles").
    async fn any_tile(&self, tile: Tile) -> Result<Vec<u8>> {
        let limit = |tile: Tile| match tile.kind() {
            Kind::Entries => MAX_BUNDLE,
            Kind::Hashes(_) => usize::from(tile.width()) * 32,
        };
        if let Some(bytes) = self.file(&tile.to_string(), limit(tile)).await? {
            return Ok(bytes);
        }
        let gone = || wrong(self.base, format!("{tile} is missing"));
        if !tile.is_partial() {
            return Err(gone());
        }
        let whole = self.file(&tile.whole().to_string(), limit(tile.whole())).await?.ok_or_else(gone)?;
        cut(tile, whole).ok_or_else(gone)
    }

    /// The entries of a bundle.
    pub(crate) async fn entries(&self, tile: Tile) -> Result<Vec<Vec<u8>>> {
        let bytes = self.tile(tile).await?;
        Ok(tile.entries(&bytes)?.into_iter().map(<[u8]>::to_vec).collect())
    }

    /// The bundles with the entries from `from` to `to`, in order. At most `ahead` of them are asked for, or
    /// have come and wait for those before them: a link that takes long for each answer is not waited for
    /// each time, and what is held is bounded, for one bundle may be as large as [`MAX_BUNDLE`].
    pub(crate) fn bundles(
        &self,
        from: u64,
        to: u64,
        ahead: usize,
    ) -> impl Stream<Item = Result<Bundle>> + use<'a> {
        let (fetch, base) = (self.fetch, self.base);
        let bundle = move |index: u64| async move {
            let (floor, end) = (index * WIDTH, to.min((index + 1) * WIDTH));
            let tile = Tile::new(Kind::Entries, index, u16::try_from(end - floor).unwrap_or(256))?;
            let entries = Remote::new(fetch, base).entries(tile).await?;
            Ok(Bundle { floor, end, entries })
        };
        stream::iter(from / WIDTH..to.div_ceil(WIDTH)).map(bundle).buffered(ahead)
    }

    /// Asks the tree of this size. The question is asked again as often as it needs another tile.
    pub(crate) async fn ask<T>(
        &mut self,
        size: u64,
        mut question: impl FnMut(&mut dyn HashReader) -> Result<T> + Send,
    ) -> Result<T> {
        for _ in 0..MAX_TILES {
            let mut wanted = None;
            let answer = {
                let tiles = &self.tiles;
                let missing = || Problem::new(ErrorCode::NotFound).with("what", "tile");
                let mut reader = TileReader::new(size, |tile: &Tile| {
                    tiles.get(tile).cloned().ok_or_else(|| {
                        wanted = Some(*tile);
                        missing()
                    })
                });
                question(&mut reader)
            };
            let Some(tile) = wanted else { return answer };
            let bytes = self.tile(tile).await?;
            if self.tiles.len() >= 4 * MAX_TILES {
                self.tiles.clear();
            }
            self.tiles.insert(tile, bytes);
        }
        Err(wrong(self.base, "a proof needs too many tiles"))
    }
}

/// The beginning of a whole tile.
fn cut(tile: Tile, mut whole: Vec<u8>) -> Option<Vec<u8>> {
    let length = match tile.kind() {
        Kind::Hashes(_) => usize::from(tile.width()) * 32,
        Kind::Entries => {
            let mut rest = whole.as_slice();
            for _ in 0..tile.width() {
                rest = take_entry(rest)?.1;
            }
            whole.len() - rest.len()
        }
    };
    (length <= whole.len()).then(|| whole.truncate(length))?;
    Some(whole)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read(encoding: &str, body: &[u8], limit: usize) -> Result<Vec<u8>> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, encoding.parse().unwrap());
        plain(&"https://log.example/tile/entries/000".parse().unwrap(), &headers, body, limit)
    }

    #[test]
    fn what_is_unpacked_has_a_bound() {
        let check =
            |encoding: &str, body: &[u8], limit: usize, expect: std::result::Result<usize, ErrorCode>| {
                assert_eq!(read(encoding, body, limit).map(|b| b.len()).map_err(|p| p.code()), expect);
            };
        use ErrorCode::{PartnerAnswer, TooLarge};
        let body = packed(&[7; 1000]);
        check("gzip", &body, 1000, Ok(1000));
        check("GZIP", &body, 1000, Ok(1000));
        check("gzip", &body, 999, Err(TooLarge));
        check("gzip", &body, 0, Err(TooLarge));
        check("gzip", &packed(b""), 0, Ok(0));
        check("identity", &[7; 1000], 1000, Ok(1000));
        check("identity", &[7; 1000], 999, Err(TooLarge));
        check("gzip", &[packed(&[7; 600]), packed(&[7; 600])].concat(), 1000, Err(TooLarge));
        check("gzip", &packed(b"").repeat(1000), 0, Ok(0));
        // Cut, with something after it, with another sum, of another kind.
        check("gzip", &body[..body.len() - 1], 1000, Err(PartnerAnswer));
        check("gzip", &[body.as_slice(), b"x"].concat(), 1000, Err(PartnerAnswer));
        let mut other = body.clone();
        let at = other.len() - 6;
        other[at] ^= 1;
        check("gzip", &other, 1000, Err(PartnerAnswer));
        check("gzip", b"", 1000, Err(PartnerAnswer));
        check("gzip, gzip", &packed(&body), 1000, Err(PartnerAnswer));
        check("br", &body, 1000, Err(PartnerAnswer));
        // Bytes that cannot be made smaller are still let in by the client's own bound.
        let noise: Vec<u8> = (0..1 << 20).map(|i: u32| (i.wrapping_mul(0x9e37_79b9) >> 13) as u8).collect();
        assert!(packed(&noise).len() <= noise.len() + noise.len() / 1000 + FRAME);
    }

    proptest! {
        #[test]
        fn arbitrary_answers_never_panic(
            body in proptest::collection::vec(any::<u8>(), 0..300),
            at in 0usize..300,
            limit in 0usize..400,
        ) {
            let _ = read("gzip", &body, limit);
            let mut packed = packed(&body);
            prop_assert_eq!(read("gzip", &packed, body.len()).unwrap(), body);
            let at = at % packed.len();
            packed[at] ^= 1;
            prop_assert!(read("gzip", &packed, limit).map_or(true, |out| out.len() <= limit));
        }
    }
}
