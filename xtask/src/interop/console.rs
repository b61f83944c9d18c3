//! Single sign-on against npm oidc-provider: once for each way of signing and of showing who the client is.

use super::results::Row;
use super::stage::{Programs, Stage};
use super::{kit, kits, script};

/// How tokens are signed, and how the node shows that it is itself.
const WAYS: [[&str; 2]; 3] =
    [["RS256", "client_secret_basic"], ["ES256", "client_secret_post"], ["EdDSA", "none"]];
/// In the folder of the stage.
const SECRET: &str = "sign-on.secret";

pub(super) fn run(programs: &Programs) -> Row {
    let standard = "OpenID Connect Core 1.0, Discovery 1.0, RP-Initiated and Back-Channel Logout 1.0; RFC 7636, RFC 9207";
    let row = Row::new("console", standard, "1.0").kit("npm oidc-provider");
    kit(
        row,
        || kits::node("console/sign-on"),
        |row, node| {
            let stage = Stage::set(programs, "sign-on")?;
            // With characters that have to be encoded in the head of a request (RFC 6749, 2.3.1).
            kits::write(&stage.folder().join(SECRET), "a secret: of/the test %\n")?;
            for [algorithm, authentication] in WAYS {
                let port = corridor_ports::free_port().map_err(|e| e.to_string())?;
                let _customs = stage.node(programs, "customs", &configured(port, authentication))?;
                let mut provider = node.command(&script("console/sign-on.cjs"));
                provider.arg(stage.folder()).args([&port.to_string(), algorithm, authentication]);
                row.listen(&mut provider)?;
            }
            Ok(())
        },
    )
}

/// The configuration of a node that uses the provider at this port.
fn configured(port: u16, authentication: &str) -> Vec<(String, String)> {
    let issuer = format!("http://127.0.0.1:{port}");
    let mut set = vec![
        ("CORRIDOR_NET_ALLOW", "localhost, 127.0.0.1"),
        ("CORRIDOR_SIGN_ON_ISSUER", &issuer),
        ("CORRIDOR_SIGN_ON_CLIENT_ID", "corridor"),
        ("CORRIDOR_SIGN_ON_SCOPES", "openid, profile, groups"),
        ("CORRIDOR_SIGN_ON_RULES", "officers = customs officer, auditors = customs auditor"),
        ("CORRIDOR_SIGN_ON_UNKNOWN", "create"),
        ("CORRIDOR_SIGN_ON_SECOND_FACTOR", "provider"),
    ];
    if authentication != "none" {
        set.push(("CORRIDOR_SIGN_ON_CLIENT_SECRET_FILE", SECRET));
    }
    set.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
