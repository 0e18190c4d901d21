//! The site as visitors meet it: behind a real nginx with the shipped configuration.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use crate::nginx::{HOST, Nginx};
use crate::program::{Plan, Program};
use crate::wire::{self, FORM, answers};

const PATIENCE: Duration = Duration::from_secs(5);
/// Two people at home.
const VISITOR: &str = "127.0.0.2";
const NEIGHBOR: &str = "127.0.0.3";
/// Stands for everything private that anybody types.
const CANARY: &str = "zeisigkummer";

/// As the guide says to set it up.
fn plan(data: &Path) -> Plan {
    Plan::over(data)
        .set("PRACTICE_BASE_URL", format!("https://{HOST}"))
        .set("PRACTICE_TRUSTED_PROXIES", "127.0.0.1,::1")
}

fn running() -> (tempfile::TempDir, Program, Nginx) {
    let data = tempfile::tempdir().expect("a folder");
    let program = plan(data.path()).start();
    let nginx = Nginx::before(program.address);
    (data, program, nginx)
}

/// A request among others on one connection.
fn one_of_many(path: &str, headers: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: {HOST}\r\n{FORM}Content-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

#[test]
fn s_ops_03_nginx_speaks_new_tls_and_http_2_for_one_name_alone() {
    let (_data, _program, nginx) = running();
    let modern = nginx.handshake(&["-alpn", "h2"]);
    assert!(modern.contains("ALPN protocol: h2") && modern.contains("TLSv1.3"), "{modern}");
    assert!(nginx.handshake(&["-tls1_2"]).contains("Protocol  : TLSv1.2"));
    for old in ["-tls1_1", "-tls1"] {
        let refused = nginx.handshake(&[old, "-cipher", "DEFAULT@SECLEVEL=0"]);
        assert!(refused.contains("alert protocol version"), "{refused}");
    }
    let stranger = nginx.handshake(&["-servername", "other.example"]);
    assert!(stranger.contains("no peer certificate available"), "{stranger}");

    let elsewhere = wire::say(nginx.plain, b"GET / HTTP/1.1\r\nHost: other.example\r\n\r\n", PATIENCE);
    assert!(elsewhere.closed && elsewhere.text.is_empty(), "{}", elsewhere.text);
    let request = format!("GET /fees?a=b HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n");
    let plain = wire::say(nginx.plain, request.as_bytes(), PATIENCE);
    assert_eq!((plain.status(), plain.header("location")), (301, "https://practice.example/fees?a=b"));
}

#[test]
fn s_ops_03_pages_come_through_as_the_site_made_them_and_cookies_are_for_https_alone() {
    let (data, program, nginx) = running();
    let page = nginx.request(VISITOR, "GET", "/", "Accept-Encoding: br\r\n", b"");
    assert_eq!((page.status(), page.header("content-encoding")), (200, "br"));
    assert_eq!(page.header("server"), "nginx", "no version");
    let head = page.text.to_ascii_lowercase();
    assert_eq!(head.matches("strict-transport-security:").count(), 1);
    assert!(nginx.get("/").text.contains("<link rel=\"canonical\" href=\"https://practice.example/\">"));

    let add = ["staff", "add", "--email", "jo@example.com", "--name", "Jo Example"];
    let add = add.iter().fold(Plan::over(data.path()), |plan, argument| plan.argument(argument));
    let mut child = add.command().stdin(Stdio::piped()).spawn().expect("starts");
    child.stdin.take().expect("piped").write_all(b"mortar lily 9 kettle\n").expect("written");
    assert!(child.wait().expect("ends").success());
    drop(program);
    let program = plan(data.path()).set("PRACTICE_SECOND_FACTOR", "optional").start();
    let nginx = Nginx::before(program.address);
    let form = b"email=jo%40example.com&password=mortar+lily+9+kettle&next=";
    let headers = format!("{FORM}Origin: https://{HOST}\r\n");
    let signed_in = nginx.request(VISITOR, "POST", "/admin/sign-in", &headers, form);
    assert_eq!(signed_in.status(), 303, "{}", signed_in.text);
    let cookie = signed_in.header("set-cookie");
    assert!(cookie.starts_with("__Host-session=") && cookie.contains("; Secure"), "{cookie}");
    let elsewhere = format!("{FORM}Origin: https://other.example\r\n");
    assert_eq!(nginx.request(VISITOR, "POST", "/admin/sign-in", &elsewhere, form).status(), 403);
}

#[test]
fn sec_27_behind_nginx_each_visitor_is_counted_alone_whatever_they_claim() {
    let (_data, program, nginx) = running();
    let token = wire::token(program.address);
    let send = "/request-consultation/send";
    let mut crowd = String::new();
    for number in 0..60 {
        let claim = format!("X-Forwarded-For: 203.0.113.{number}\r\nX-Real-IP: 203.0.113.{number}\r\n");
        crowd += &one_of_many(send, &claim, &answers(&token, &format!("Quill{number}")));
    }
    crowd += &one_of_many(send, "Connection: close\r\n", &answers(&token, "Quill last"));
    let heard = nginx.say(VISITOR, crowd.as_bytes());
    assert_eq!(heard.text.matches("HTTP/1.1 303 ").count(), 60);
    assert_eq!(heard.text.matches("HTTP/1.1 429 ").count(), 1);
    assert!(heard.text.contains("Quill last"), "the text is kept");
    let claims = format!("{FORM}X-Forwarded-For: {VISITOR}\r\nForwarded: for={VISITOR}\r\n");
    let neighbor =
        nginx.request(NEIGHBOR, "POST", send, &claims, answers(&token, "Wren Neighbor").as_bytes());
    assert_eq!(neighbor.status(), 303, "{}", neighbor.text);
}

#[test]
fn sec_25_through_nginx_no_request_has_two_meanings() {
    let (_data, _program, nginx) = running();
    let hidden = format!("GET /about HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n");
    let long = hidden.len();
    let shapes = [
        format!("Content-Length: {}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}", 5 + long),
        format!("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n{hidden}\r\n0\r\n\r\n"),
        format!("Content-Length: 0\r\nContent-Length: {long}\r\n\r\n{hidden}"),
        format!("Content-Length: 0, {long}\r\n\r\n{hidden}"),
        format!("Transfer-Encoding: identity\r\nContent-Length: {long}\r\n\r\n{hidden}"),
        format!("Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n{hidden}"),
        format!("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("Transfer-Encoding: xchunked\r\nContent-Length: {long}\r\n\r\n{hidden}"),
        format!("Content-Length: +{long}\r\n\r\n{hidden}"),
        format!("Content-Length: -1\r\n\r\n{hidden}"),
    ];
    for shape in shapes {
        let head = format!("POST /request-consultation/check HTTP/1.1\r\nHost: {HOST}\r\n{FORM}");
        let heard = nginx.say(VISITOR, format!("{head}{shape}").as_bytes());
        assert!(heard.answers() == 1 && heard.closed, "{shape:?} is answered with {}", heard.text);
        assert!([400, 501].contains(&heard.status()), "{shape:?} is answered with {}", heard.text);
    }
    let bare =
        nginx.say(VISITOR, format!("GET /about HTTP/1.1\nHost: {HOST}\nConnection: close\n\n").as_bytes());
    assert!([200, 400].contains(&bare.status()) && bare.answers() == 1);
}

#[test]
fn prv_03_nothing_that_anybody_types_touches_the_disk_of_nginx() {
    let (_data, program, nginx) = running();
    let token = wire::token(program.address);
    let private =
        format!("{FORM}User-Agent: {CANARY}\r\nReferer: https://{HOST}/{CANARY}\r\nCookie: a={CANARY}\r\n");
    let note = format!("{CANARY}+").repeat(7_000);
    let full = format!("{}&note={note}", answers(&token, CANARY));
    let ask = |method: &str, path: &str, body: &str| {
        nginx.request(VISITOR, method, path, &private, body.as_bytes()).status()
    };
    // Nearly as long as the site takes, with and without its length told ahead, and longer.
    assert_eq!(ask("POST", "/request-consultation/check", &full), 422);
    let chunked = format!(
        "POST /request-consultation/check HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n{private}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{full}\r\n0\r\n\r\n",
        full.len()
    );
    assert_eq!(nginx.say(VISITOR, chunked.as_bytes()).status(), 422);
    assert_eq!(ask("POST", "/request-consultation/check", &full.repeat(2)), 413);
    assert_eq!(ask("POST", "/request-consultation/check", &full.repeat(4)), 413);
    assert_eq!(ask("POST", "/request-consultation/send", &answers(&token, CANARY)), 303);
    assert_eq!(ask("GET", &format!("/search?q={CANARY}"), ""), 200);
    assert_eq!(ask("GET", &format!("/{CANARY}"), ""), 404);
    assert_eq!(ask("GET", &format!("/request-consultation/received/{CANARY}"), ""), 404);
    assert_eq!(nginx.say(VISITOR, format!("{CANARY} nonsense\r\n\r\n").as_bytes()).status(), 400);
    assert_eq!(ask("GET", "/fees", ""), 200);
    program.kill();
    assert_eq!(ask("POST", "/request-consultation/check", &full), 502);

    let written = nginx.written();
    for (path, text) in &written {
        for secret in [CANARY, VISITOR, token.as_str()] {
            assert!(!text.contains(secret), "{} holds {secret}: {text}", path.display());
        }
    }
    let log = nginx.log("practice-site.log");
    let lines: Vec<&str> =
        log.lines().filter_map(|line| line.split_once(' ')).map(|(_, rest)| rest).collect();
    assert!(lines.iter().any(|line| line.starts_with("200 GET /fees ")), "{log}");
    assert!(lines.iter().any(|line| line.starts_with("303 POST /request-consultation ")), "{log}");
    assert!(lines.iter().any(|line| line.starts_with("404 GET - ")), "{log}");
    assert!(!nginx.log("practice-site-error.log").contains("No such file"), "it wanted to write a file");
}

#[test]
fn rel_23_what_is_too_long_or_comes_while_the_site_is_away_is_answered_in_words() {
    let (data, program, nginx) = running();
    let path = "/request-consultation/check";
    let post = |length: usize| nginx.request(VISITOR, "POST", path, FORM, &vec![b'a'; length]);
    let over_ours = post(200_000);
    assert!(over_ours.status() == 413 && over_ours.is_page(), "{}", over_ours.text);
    let over_its_own = post(2_000_000);
    assert_eq!(over_its_own.status(), 413);
    assert!(over_its_own.text.contains("That was too much at once"), "{}", over_its_own.text);

    let address = program.address;
    program.kill();
    let away = nginx.get("/");
    assert_eq!((away.status(), away.header("retry-after")), (502, "10"));
    // An answer that got lost may have been "received", so it doesn't say that nothing was.
    for words in ["it may not have arrived", "sending it twice does no harm", "988"] {
        assert!(away.text.contains(words), "{}", away.text);
    }
    let _program = plan(data.path()).start_at(address);
    assert_eq!(nginx.get("/").status(), 200, "it is found again at once");
}
