//! Files that a form brought (`multipart/form-data`, RFC 7578): each read whole, bounded by what it can be
//! meant to be, and kept in memory only.

use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use corridor_base::{ErrorCode, Problem, Result};

/// The longest value of a field that is no file, in bytes.
const MOST: usize = 4096;
/// The most parts of a form.
const PARTS: usize = 32;
/// The longest name of a file that is kept, in characters.
const MAX_NAME: usize = 120;

/// One part.
struct Part {
    name: String,
    file_name: String,
    bytes: Vec<u8>,
}

/// What a form brought.
#[derive(Default)]
pub(super) struct Brought(Vec<Part>);

impl Brought {
    fn part(&self, name: &str) -> Option<&Part> {
        self.0.iter().find(|part| part.name == name)
    }

    /// The value of a field; empty when there is none, or it is no text.
    pub(super) fn field(&self, name: &str) -> &str {
        self.part(name).and_then(|part| std::str::from_utf8(&part.bytes).ok()).unwrap_or_default()
    }

    /// The bytes of a file; `None` when none was chosen.
    pub(super) fn file(&self, name: &str) -> Option<&[u8]> {
        self.part(name).map(|part| part.bytes.as_slice()).filter(|bytes| !bytes.is_empty())
    }

    /// What a file was called where it came from.
    pub(super) fn file_name(&self, name: &str) -> &str {
        self.part(name).map_or("", |part| &part.file_name)
    }
}

/// Reads a form. `files` are the parts that may be longer than a word, with the most bytes of each.
pub(super) async fn read(
    form: std::result::Result<Multipart, MultipartRejection>,
    files: &[(&str, usize)],
) -> Result<Brought> {
    let mut form = form.map_err(|e| malformed(&e.body_text()))?;
    let mut brought = Brought::default();
    while let Some(part) = form.next_field().await.map_err(|e| wrong(&e))? {
        if brought.0.len() == PARTS {
            return Err(too_large("form", &format!("{PARTS} parts")));
        }
        let name: String = part.name().unwrap_or_default().chars().take(MAX_NAME).collect();
        let file_name = part.file_name().unwrap_or_default().chars().take(MAX_NAME).collect();
        let most = files.iter().find(|(file, _)| *file == name).map_or(MOST, |(_, most)| *most);
        let bytes = whole(part, &name, most).await?;
        brought.0.push(Part { name, file_name, bytes });
    }
    Ok(brought)
}

async fn whole(mut part: Field<'_>, name: &str, most: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(piece) = part.chunk().await.map_err(|e| wrong(&e))? {
        if bytes.len() + piece.len() > most {
            return Err(too_large(name, &format!("{most} bytes")));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

fn too_large(what: &str, limit: &str) -> Problem {
    Problem::new(ErrorCode::TooLarge).with("what", what).with("limit", limit)
}

fn malformed(why: &str) -> Problem {
    Problem::new(ErrorCode::Malformed).with("what", "form").with("why", why)
}

fn wrong(error: &MultipartError) -> Problem {
    match error.status().as_u16() {
        413 => too_large("form", "the size that this form may have"),
        _ => malformed(&error.body_text()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::extract::FromRequest;
    use axum::http::Request;
    use corridor_base::ErrorCode;

    async fn brought(kind: &str, body: &str) -> Result<Brought> {
        let request =
            Request::post("/").header("content-type", kind).body(Body::from(body.to_owned())).unwrap();
        read(Multipart::from_request(request, &()).await, &[("file", 10)]).await
    }

    #[tokio::test]
    async fn a_form_is_read_and_bounded() {
        let part = |name: &str, value: &str| {
            format!(
                "--x\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"a\"\r\n\r\n{value}\r\n"
            )
        };
        let check = async |kind: &str, body: String, expect: std::result::Result<&str, ErrorCode>| {
            let found = brought(kind, &body).await;
            let found = found.as_ref().map(|b| b.field("file")).map_err(Problem::code);
            assert_eq!(found, expect, "{body}");
        };
        let form = "multipart/form-data; boundary=x";
        check(form, part("file", "0123456789") + "--x--\r\n", Ok("0123456789")).await;
        check(form, part("file", "0123456789a") + "--x--\r\n", Err(ErrorCode::TooLarge)).await;
        check(form, part("other", &"x".repeat(MOST + 1)) + "--x--\r\n", Err(ErrorCode::TooLarge)).await;
        check(form, part("x", "").repeat(PARTS + 1) + "--x--\r\n", Err(ErrorCode::TooLarge)).await;
        check(form, part("file", "cut"), Err(ErrorCode::Malformed)).await;
        check("text/plain", String::new(), Err(ErrorCode::Malformed)).await;
        check(form, "--x--\r\n".to_owned(), Ok("")).await;
    }
}
