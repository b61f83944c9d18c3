//! What the public routes answer, and what they never do.

use super::*;
use crate::directory::tests::{World, world};
use crate::testing::*;
use axum::http::Request;
use corridor_base::SeededRandom;
use corridor_proof::TrustList;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

const SHARED: [&str; 2] = ["did:web:one.example:clinic", "did:web:two.example:clinic"];

fn hosted(world: &World, who: &str) -> Hosted {
    let keys = world.dir.path().join("keys");
    let keyring = Keyring::open_or_create(&keys, &did(who), &*world.clock, &SeededRandom::new(1)).unwrap();
    Hosted { keyring: Arc::new(keyring), endpoint: "https://node.example".to_owned(), ledger: None }
}

struct Site {
    world: World,
    router: Router,
    one: Signed<TrustList>,
    two: Signed<TrustList>,
}

async fn site() -> Site {
    let world = world();
    let store = world.store();
    let directory = Arc::new(world.directory(&store).await);
    let one = first("JP", vec![]);
    let two = next(&one, vec![participant("did:web:a.jp", 1)]);
    let recognised = recognition(("JP", 1), ("KR", 1), start(), start().plus(HOUR));
    for bytes in [one.bytes(), two.bytes(), recognised.bytes()] {
        directory.accept(bytes, start()).await.unwrap();
    }
    let participants = ["did:web:node.example", "did:web:node.example:a:b", SHARED[0], SHARED[1]];
    let router = router(directory, participants.map(|who| hosted(&world, who)).into());
    Site { world, router, one, two }
}

impl Site {
    async fn get(&self, path: &str, headers: &[(HeaderName, &str)]) -> (StatusCode, HeaderMap, Vec<u8>) {
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let response = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        (parts.status, parts.headers, body.collect().await.unwrap().to_bytes().to_vec())
    }
}

#[tokio::test]
async fn documents_are_served_where_did_web_looks_for_them() {
    let site = site().await;
    let check = async |path: &str, host: &str, expect: Option<&str>| {
        let (status, headers, body) = site.get(path, &[(HOST, host)]).await;
        match expect {
            Some(who) => {
                assert_eq!(status, StatusCode::OK, "{path}");
                assert_eq!(headers[CONTENT_TYPE], "application/did+json");
                assert_eq!(DidDocument::parse(&body).unwrap().did.as_str(), who);
            }
            None => assert_eq!(status, StatusCode::NOT_FOUND, "{path}"),
        }
    };
    check("/.well-known/did.json", "node.example", Some("did:web:node.example")).await;
    check("/.well-known/did.json", "behind.proxy", Some("did:web:node.example")).await;
    check("/a/b/did.json", "node.example", Some("did:web:node.example:a:b")).await;
    check("/clinic/did.json", "one.example", Some(SHARED[0])).await;
    check("/clinic/did.json", "two.example", Some(SHARED[1])).await;
    check("/clinic/did.json", "three.example", None).await;
    check("/a/did.json", "node.example", None).await;
    check("/a/b/../b/did.json", "node.example", None).await;
}

#[tokio::test]
async fn nothing_secret_is_served() {
    let site = site().await;
    let (_, _, document) = site.get("/a/b/did.json", &[]).await;
    let folder = Keyring::directory(&site.world.dir.path().join("keys"), &did("did:web:node.example:a:b"));
    let file: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.join("k1.key")).unwrap()).unwrap();
    let document = String::from_utf8(document).unwrap();
    assert!(document.contains(file["public"].as_str().unwrap()));
    assert!(
        !document.contains(file["seed"].as_str().unwrap())
            && !document.contains(file["sum"].as_str().unwrap())
    );
}

#[tokio::test]
async fn lists_are_served_as_they_were_signed() {
    let site = site().await;
    let check = async |path: &str, expect: &[u8], cache: &str| {
        let (status, headers, body) = site.get(path, &[]).await;
        assert_eq!((status, body.as_slice()), (StatusCode::OK, expect), "{path}");
        assert_eq!(headers[CONTENT_TYPE], "text/plain; charset=utf-8");
        assert_eq!(headers[CACHE_CONTROL], cache);
    };
    check("/trust/lists/JP", site.two.bytes(), BRIEFLY).await;
    check("/trust/lists/JP/1", site.one.bytes(), FOREVER).await;
    check("/trust/lists/JP/2", site.two.bytes(), FOREVER).await;
}

#[tokio::test]
async fn what_is_not_here_is_said_so_in_the_reader_s_language() {
    let site = site().await;
    let check = async |path: &str, expect: ErrorCode| {
        let (status, headers, body) = site.get(path, &[(ACCEPT_LANGUAGE, "ko")]).await;
        let document: corridor_base::problem::ProblemDocument = serde_json::from_slice(&body).unwrap();
        assert_eq!((status.as_u16(), document.code.as_str()), (expect.status(), expect.as_str()), "{path}");
        assert_eq!(document.title, Problem::new(expect).text(Lang::Ko).title);
        assert_eq!(headers[CACHE_CONTROL], "no-store");
    };
    check("/trust/lists/KR", ErrorCode::NotFound).await;
    check("/trust/lists/jp", ErrorCode::Malformed).await;
    check("/trust/lists/%FF", ErrorCode::Malformed).await;
    check("/trust/lists/JP/3", ErrorCode::NotFound).await;
    check("/trust/lists/JP/01", ErrorCode::NotFound).await;
    check("/trust/lists/JP/-1", ErrorCode::NotFound).await;
    check("/trust/lists/JP/99999999999999999999", ErrorCode::NotFound).await;
    check("/trust/lists/JP/18446744073709551615", ErrorCode::NotFound).await;
}

#[tokio::test]
async fn who_has_the_newest_is_not_sent_it_again() {
    let site = site().await;
    for path in ["/trust/lists/JP", "/trust/recognitions", "/a/b/did.json"] {
        let (_, headers, _) = site.get(path, &[]).await;
        let tag = headers[ETAG].to_str().unwrap().to_owned();
        let (status, _, body) = site.get(path, &[(IF_NONE_MATCH, &format!("\"x\", W/{tag}"))]).await;
        assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0), "{path}");
        assert_eq!(site.get(path, &[(IF_NONE_MATCH, "\"x\"")]).await.0, StatusCode::OK);
    }
}

#[tokio::test]
async fn recognitions_are_served_until_they_end() {
    let site = site().await;
    let notes = async || {
        let (_, _, body) = site.get("/trust/recognitions", &[]).await;
        serde_json::from_slice::<RecognitionNotes>(&body).unwrap().recognitions
    };
    let signed = Signed::<corridor_proof::Recognition>::parse(notes().await[0].as_bytes()).unwrap();
    assert!(signed.signed_by(&anchor("KR", 1).0.name, &anchor("KR", 1).0.key));
    site.world.clock.advance(HOUR);
    assert!(notes().await.is_empty());
}
