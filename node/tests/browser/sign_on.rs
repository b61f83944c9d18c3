//! Single sign-on in a real browser, by a provider that is somebody else's: npm oidc-provider, which
//! `cargo xtask browser` brings: from the button to the first page, and out again by either side.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use corridor_ports::free_port;

use super::driver::Browser;
use super::judge::{self, WIDTHS};

/// A program that ends with its holder.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// Starts a program and waits for its first line.
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let running = Self(child);
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "{command:?} said nothing");
        std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
        running
    }
}

fn corridor(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_corridor"));
    command.current_dir(folder).args(["--lang", "en"]);
    command
}

/// A node of its own that uses the provider at this port, and its console.
fn node(folder: &Path, provider: u16) -> (Running, String) {
    let (public, api) = (free_port().unwrap(), free_port().unwrap());
    let mut init = corridor(folder);
    init.args(["init", "--name", "customs", "--public", &format!("127.0.0.1:{public}")]);
    assert!(
        init.args(["--api", &format!("127.0.0.1:{api}")]).stdout(Stdio::null()).status().unwrap().success()
    );
    let mut serve = corridor(folder);
    serve.arg("serve").stderr(Stdio::null()).envs([
        ("CORRIDOR_NET_ALLOW", "localhost, 127.0.0.1".to_owned()),
        ("CORRIDOR_SIGN_ON_ISSUER", format!("http://127.0.0.1:{provider}")),
        ("CORRIDOR_SIGN_ON_CLIENT_ID", "corridor".to_owned()),
        ("CORRIDOR_SIGN_ON_SCOPES", "openid, profile, groups".to_owned()),
        ("CORRIDOR_SIGN_ON_LABEL_EN", "Customs account".to_owned()),
        ("CORRIDOR_SIGN_ON_RULES", "officers = customs officer".to_owned()),
        ("CORRIDOR_SIGN_ON_UNKNOWN", "create".to_owned()),
        ("CORRIDOR_SIGN_ON_SECOND_FACTOR", "provider".to_owned()),
    ]);
    (Running::start(&mut serve), format!("http://localhost:{api}"))
}

/// From the button on the sign-in page to the first page, by the forms of the provider.
fn sign_on(browser: &Browser, site: &str, provider: &str) {
    browser.go(&format!("{site}/console/sign-in"));
    browser.find("main a[href^='/console/sign-on']").click();
    browser.until("the provider's page", || browser.address().starts_with(provider));
    browser.find("[name=login]").write("u-1");
    browser.find("[name=password]").write("any");
    browser.find("form button[type=submit]").click();
    // It may ask whether the node may know who this is.
    browser.until("its answer", || {
        browser.all("[name=login]").is_empty() && !browser.all("form button").is_empty()
    });
    if browser.address().starts_with(provider) {
        browser.find("form button[type=submit]").click();
    }
    browser.until("the first page", || browser.address() == format!("{site}/console"));
}

#[test]
fn a_person_signs_on_by_somebody_elses_provider_and_out_again() {
    let Some(browser) = Browser::open() else { return };
    let (Ok(program), Ok(modules)) =
        (std::env::var("CORRIDOR_TEST_NODE"), std::env::var("CORRIDOR_TEST_PROVIDER"))
    else {
        println!("not run: no provider (cargo xtask browser -- cargo test …)");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let port = free_port().unwrap();
    let (_node, site) = node(folder.path(), port);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../interop/console/provider.cjs");
    let mut provider = Command::new(program);
    provider.env("NODE_PATH", modules).arg(script).arg(port.to_string()).arg(&site);
    let _provider = Running::start(&mut provider);
    let at = format!("http://127.0.0.1:{port}");

    judge::bring_axe(&browser);
    browser.go(&format!("{site}/console/sign-in"));
    for width in WIDTHS {
        browser.size(width, 900);
        assert_eq!(judge::axe(&browser, judge::ALL), Vec::<String>::new(), "{width}");
    }
    assert!(browser.text().contains("Sign in with Customs account"));
    sign_on(&browser, &site, &at);
    browser.go(&format!("{site}/console/account"));
    assert!(browser.text().contains("김민지"), "{}", browser.text());
    browser.go(&format!("{site}/console/inbox"));
    assert!(browser.address().ends_with("/console/inbox"));

    // Whoever signs out at the provider is out here, too, as the provider says (back-channel logout).
    browser.go(&format!("{at}/session/end"));
    leave(&browser);
    browser
        .until("the provider's word", || browser.address().starts_with(&format!("{at}/session/end/success")));
    browser.until("the end of the session here", || {
        browser.go(&format!("{site}/console/inbox"));
        browser.address().contains("/console/sign-in")
    });

    // Whoever signs out here is led out of the provider, and back.
    sign_on(&browser, &site, &at);
    browser.find("details:has(form[action='/console/sign-out']) > summary").click();
    browser.find("form[action='/console/sign-out'] button").click();
    browser.find(&format!("main a[href^='{at}/']")).click();
    leave(&browser);
    browser.until("the way back", || browser.address().starts_with(&format!("{site}/console/signed-out")));
    browser.go(&format!("{site}/console/sign-in"));
    browser.find("main a[href^='/console/sign-on']").click();
    browser.until("the provider's question who it is", || !browser.all("[name=login]").is_empty());
}

/// Says to the provider that one wants out.
fn leave(browser: &Browser) {
    browser.find("button[name=logout][value=yes]").click();
}
