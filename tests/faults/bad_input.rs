//! Requests that no browser sends: answered calmly, or not at all, and never with a framework's bare words.

use std::time::Duration;

use crate::program::Program;
use crate::wire::{FORM, Heard, answers, get, post, request, say, token};

const PATIENCE: Duration = Duration::from_secs(5);

fn running() -> (tempfile::TempDir, Program) {
    let data = tempfile::tempdir().expect("a folder");
    let program = Program::over(data.path());
    (data, program)
}

/// In kilobytes, as the kernel counts it.
fn memory(program: &Program) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", program.id())).expect("readable");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("there");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

#[test]
fn sec_20_ten_megabytes_are_refused_fast_and_cost_no_memory() {
    let (_data, program) = running();
    get(program.address, "/request-consultation");
    let before = memory(&program);
    let large = vec![b'a'; 10 * 1024 * 1024];
    let heard = request(program.address, "POST", "/request-consultation/check", FORM, &large);
    assert_eq!(heard.status(), 413, "{}", heard.text);
    assert!(heard.is_page() && heard.closed);

    let head = format!(
        "POST /request-consultation/check HTTP/1.1\r\nHost: a\r\n{FORM}Transfer-Encoding: chunked\r\n\r\n"
    );
    let mut chunked = head.into_bytes();
    for _ in 0..160 {
        chunked.extend(b"10000\r\n");
        chunked.extend(vec![b'a'; 0x1_0000]);
        chunked.extend(b"\r\n");
    }
    let heard = say(program.address, &chunked, PATIENCE);
    assert_eq!(heard.status(), 413, "{}", heard.text);
    assert!(heard.is_page() && heard.closed);

    let fields = b"a=1&".repeat(30_000);
    let heard = request(program.address, "POST", "/request-consultation/check", FORM, &fields);
    assert_eq!(heard.status(), 413);
    assert!(memory(&program) < before + 20 * 1024, "{} KB before, {} after", before, memory(&program));
}

#[test]
fn sec_20_who_asks_first_is_told_before_the_body() {
    let (_data, program) = running();
    let head = format!(
        "POST /request-consultation/check HTTP/1.1\r\nHost: a\r\n{FORM}Expect: 100-continue\r\nContent-Length: 10485760\r\n\r\n"
    );
    let heard = say(program.address, head.as_bytes(), PATIENCE);
    assert!(heard.text.starts_with("HTTP/1.1 413"), "ten megabytes are not asked for: {}", heard.text);
    assert!(heard.is_page());
}

#[test]
fn sec_20_a_compressed_body_is_no_form() {
    let (_data, program) = running();
    let headers = format!("{FORM}Content-Encoding: gzip\r\n");
    let heard =
        request(program.address, "POST", "/request-consultation/check", &headers, b"\x1f\x8b\x08\x00\x00");
    assert!(heard.status() == 415 && heard.is_page(), "{}", heard.text);
}

#[test]
fn sec_16_no_host_that_somebody_claims_appears_anywhere() {
    let (data, program) = running();
    let addresses = [
        "/",
        "/request-consultation",
        "/sitemap.xml",
        "/articles/feed.xml",
        "/robots.txt",
        "/about/",
        "/nothing",
    ];
    for path in addresses {
        for head in [
            "Host: evil.example\r\n".to_owned(),
            "Host: evil.example\r\nHost: other-evil.example\r\n".into(),
            format!(
                "Host: {}\r\nX-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\n",
                program.address
            ),
            String::new(),
        ] {
            let bytes = format!("GET {path} HTTP/1.1\r\n{head}Connection: close\r\n\r\n");
            let heard = say(program.address, bytes.as_bytes(), PATIENCE);
            let hosts = head.matches("Host: ").count() - head.matches("Forwarded-Host: ").count();
            assert_eq!(heard.status() == 400, hosts != 1, "{path}: {}", heard.text);
            assert!(!heard.text.contains("evil"), "{path} with {head}");
        }
        let absolute = format!(
            "GET http://evil.example{path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
        );
        assert!(!say(program.address, absolute.as_bytes(), PATIENCE).text.contains("evil"), "{path}");
    }
    let body = answers(&token(program.address), "Quill");
    let headers = format!("{FORM}X-Forwarded-Host: evil.example\r\n");
    let sent = request(program.address, "POST", "/request-consultation/send", &headers, body.as_bytes());
    assert_eq!(sent.status(), 303);
    assert!(sent.header("location").starts_with("/request-consultation/received/"));
    assert!(crate::program::emails(data.path()).iter().all(|email| !email.contains("evil")));
}

#[test]
fn sec_26_other_methods_do_nothing() {
    let (_data, program) = running();
    for method in ["TRACE", "PUT", "DELETE", "PATCH", "BREW"] {
        for path in
            ["/", "/request-consultation", "/request-consultation/send", "/articles/feed.xml", "/healthz"]
        {
            let heard = request(program.address, method, path, "X-Secret: echo-me\r\n", b"");
            assert!(
                [404, 405].contains(&heard.status()) && heard.is_page(),
                "{method} {path}: {}",
                heard.text
            );
            assert!(!heard.text.contains("echo-me"));
        }
    }
    let heard =
        say(program.address, b"CONNECT other.example:443 HTTP/1.1\r\nHost: other.example\r\n\r\n", PATIENCE);
    assert!(heard.status() >= 400, "{}", heard.text);
    let over = request(program.address, "POST", "/about", "X-HTTP-Method-Override: GET\r\n", b"");
    assert_eq!(over.status(), 405);
}

#[test]
fn sec_15_no_address_leads_out_of_the_pages() {
    let (_data, program) = running();
    for path in [
        "/static/../Cargo.toml",
        "/static/%2e%2e%2f%2e%2e%2fetc/passwd",
        "/static/..%5c..%5cCargo.toml",
        "/static//etc/passwd",
        "/articles/..%2f..%2fCargo.toml",
        "/articles/%00",
        "/services/%ff",
        "/.git/config",
        "/practice.db",
        "/data/practice.db",
        "/data/setup-code",
        "/backup",
        "//evil.example/",
        "/\\evil.example/",
        "/../../../etc/passwd",
        "/request-consultation/received/..%2f..",
    ] {
        let heard = get(program.address, path);
        assert!(
            [400, 404].contains(&heard.status()),
            "{path}: {} {}",
            heard.status(),
            heard.header("location")
        );
        assert!(!heard.text.contains("root:") && !heard.text.contains("[package]"), "{path}");
    }
}

#[test]
fn sec_27_a_claimed_address_does_not_get_around_the_limits_or_break_anything() {
    let (_data, program) = running();
    let claims = "203.0.113.9, ".repeat(1_000);
    for value in ["203.0.113.9", "nonsense", "\"; DROP", &claims] {
        let headers = format!(
            "{FORM}X-Forwarded-For: {value}\r\nX-Real-IP: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n"
        );
        let body = answers(&token(program.address), "Quill");
        let heard = request(program.address, "POST", "/request-consultation/send", &headers, body.as_bytes());
        assert_eq!(heard.status(), 303, "{}", heard.text);
    }
}

#[test]
fn sec_32_no_answer_shows_anything_of_the_inside() {
    let (data, program) = running();
    let folder = data.path().to_str().expect("text").to_owned();
    let inside = [
        "sqlx",
        "SQLITE",
        "syntax error",
        "no such",
        "serde",
        "panicked",
        ".rs",
        "anyhow",
        "axum",
        "hyper",
        &folder,
    ];
    let long = format!("/{}", "a/".repeat(4_000));
    let mut heard = vec![
        get(program.address, &long),
        get(program.address, "/admin/inquiries/'%22%00"),
        get(program.address, "/search?q=%22%27%00*%28"),
        request(
            program.address,
            "POST",
            "/request-consultation/check",
            "Content-Type: application/json\r\n",
            b"{\"a\":",
        ),
        post(
            program.address,
            "/request-consultation/send",
            "looking_for=nobody&by=pigeon&adult=perhaps&location=%00",
        ),
        post(program.address, "/admin/setup", "setup_code=%FF&email=%00"),
        say(program.address, b"GET / HTTP/3\r\n\r\n", PATIENCE),
    ];
    let check = answers(&token(program.address), "Quill");
    // Nothing can be stored from now on.
    std::fs::remove_dir_all(data.path()).expect("removed");
    heard.push(post(program.address, "/request-consultation/send", &check));
    heard.push(get(program.address, "/admin"));
    heard.push(get(program.address, "/readyz"));
    for heard in heard {
        for word in inside {
            assert!(!heard.text.contains(word), "{word}: {}", heard.text);
        }
    }
}

#[test]
fn sec_21_raw_bytes_that_are_no_text_are_a_page_with_the_question() {
    let (_data, program) = running();
    let mut body = answers(&token(program.address), "Quill").into_bytes();
    body.extend(b"&note=\xff\xfe\x00");
    let heard: Heard = request(program.address, "POST", "/request-consultation/check", FORM, &body);
    assert_eq!(heard.status(), 422);
    assert!(heard.text.contains("Some letters of this answer were damaged on the way"));
}

#[test]
fn rel_23_every_error_over_the_wire_is_a_page_with_the_crisis_line() {
    let (_data, program) = running();
    let address = program.address;
    for (heard, status) in [
        (get(address, "/no-such-page"), 404),
        (post(address, "/about", ""), 405),
        (request(address, "POST", "/request-consultation/send", "Content-Type: text/plain\r\n", b"x"), 415),
        (post(address, "/request-consultation/send", ""), 422),
    ] {
        assert_eq!(heard.status(), status);
        assert!(heard.is_page() && heard.text.contains("988"), "{status}");
        assert!(heard.header("server").is_empty() && heard.header("set-cookie").is_empty());
        assert!(heard.header("content-security-policy").contains("default-src 'none'"));
    }
}
