//! The whole life of a request in the real program, with every place looked at where something typed could be left.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use practice_site::app::log;

use crate::fake_smtp::{FakeSmtp, usual};
use crate::person::{EMAIL, PASSWORD, Person, encoded};
use crate::program::{Plan, Program, eventually};
use crate::wire::{FORM, Heard, get, post, request, token};

/// Typed by the sender, by the practice, and by somebody who has no business here. In small letters.
const MARKERS: [&str; 13] = [
    "qyxname",
    "qyxmail",
    "qyxnote",
    "9715550173",
    "971 555 0173",
    "qyxnoted",
    "qyxcolleague",
    "qyxtimes",
    "qyxguess",
    "qyxsearch",
    "qyxagent",
    "qyxforged",
    "mortar lily",
];

struct Life {
    folder: tempfile::TempDir,
    smtp: FakeSmtp,
}

impl Life {
    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// With everything logged, and temporary files in a folder that is looked at.
    fn plan(&self) -> Plan {
        Plan::over(&self.data())
            .set("PRACTICE_LOG", "trace")
            .set("PRACTICE_SMTP_URL", self.smtp.url())
            .set("PRACTICE_MAIL_TO", "practice@example.com")
            .set("PRACTICE_MAIL_FROM", "site@example.com")
            .set("TMPDIR", self.folder.path().join("tmp"))
    }

    /// Looks everywhere.
    fn look(&self, step: &str, program: &Program) {
        let process = PathBuf::from(format!("/proc/{}", program.id()));
        let of_process = |name: &str| fs::read(process.join(name)).expect("readable");
        let mut places = vec![
            ("the log", program.printed().into_bytes()),
            ("the command line", of_process("cmdline")),
            ("the environment", of_process("environ")),
            ("the mail server", format!("{:?}", self.smtp.heard().messages).into_bytes()),
            ("the mail server's commands", format!("{:?}", self.smtp.heard().commands).into_bytes()),
        ];
        files(self.folder.path(), &mut |file, bytes| {
            assert!(!holds_any(bytes), "after {step}: {} holds what was typed", file.display());
        });
        // Files that are open still, also those that have no name any more.
        for open in fs::read_dir(process.join("fd")).expect("readable").flatten() {
            let target = fs::read_link(open.path()).unwrap_or_default();
            if target.starts_with("/") && open.path().metadata().is_ok_and(|about| about.is_file()) {
                places.push(("an open file", fs::read(open.path()).unwrap_or_default()));
            }
        }
        for (place, bytes) in places {
            assert!(!holds_any(&bytes), "after {step}: {place} holds what was typed");
        }
    }
}

fn files(folder: &Path, look: &mut impl FnMut(&Path, &[u8])) {
    for entry in fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        match path.is_dir() {
            true => files(&path, look),
            false => look(&path, &fs::read(&path).unwrap_or_default()),
        }
    }
}

fn holds_any(bytes: &[u8]) -> bool {
    let lower = bytes.to_ascii_lowercase();
    MARKERS.iter().any(|marker| lower.windows(marker.len()).any(|window| window == marker.as_bytes()))
}

/// The token of a form that was opened a while ago: nobody types as fast as this test.
fn old_token(program: &Program) -> String {
    let token = token(program.address);
    thread::sleep(Duration::from_millis(3_100));
    token
}

/// Refused, then checked, then sent; the reference.
fn send(program: &Program) -> String {
    let address = program.address;
    let token = old_token(program);
    let fields = |note: &'static str, understood: &'static str| {
        encoded(&[
            ("token", token.as_str()),
            ("name", "Qyxname Madeup"),
            ("looking_for", "couple"),
            ("location", "OR"),
            ("adult", "yes"),
            ("by", "call"),
            ("by", "email"),
            ("phone", "(971) 555-0173"),
            ("voicemail", "none"),
            ("email", "qyxmail@mail.example"),
            ("note", note),
            ("understood", understood),
        ])
    };
    let refused = post(address, "/request-consultation/check", &fields("Qyxnote", ""));
    assert_eq!(refused.status(), 422);
    assert!(refused.text.contains("Qyxname Madeup"), "the sender sees it again");
    let agent = "User-Agent: Qyxagent\r\nReferer: http://qyxagent.example/\r\nCookie: qyxagent=1\r\n";
    let headers = format!("{FORM}{agent}");
    let body = fields("Qyxnote", "yes");
    for step in ["check", "send"] {
        let path = format!("/request-consultation/{step}");
        let heard = request(address, "POST", &path, &headers, body.as_bytes());
        if step == "send" {
            assert_eq!(heard.status(), 303, "{}", heard.text);
            let reference = heard.header("location").rsplit('/').next().expect("a reference").to_owned();
            assert_eq!(get(address, heard.header("location")).status(), 200);
            return reference;
        }
    }
    unreachable!("it was sent")
}

/// What strangers try, among it lines that look like those of a log.
fn strangers_try(program: &Program) {
    let forged =
        "\r\n2026-11-22T00:00:00.000000Z ERROR practice_site: qyxforged request=AAAA\r\n\u{1b}[31mqyxforged";
    let address = program.address;
    let mut stranger = Person::at(address);
    for _ in 0..7 {
        stranger.post(
            "/admin/sign-in",
            &[("email", "qyxguess@example.com"), ("password", forged), ("code", "1")],
        );
    }
    stranger.post(
        "/admin/recover",
        &[("email", forged), ("recovery_code", forged), ("new_password", "Qyxguess long one")],
    );
    stranger.post("/admin/inquiries/K7QF-2M/notes", &[("note", forged)]);
    get(address, "/search?q=qyxsearch%0d%0a%1b%5b31mqyxforged");
    get(address, "/articles/qyxsearch%0aqyxforged");
    get(address, "/admin/inquiries/qyxsearch?next=qyxsearch");
    let cross = format!("{FORM}Origin: http://qyxagent.example\r\nX-Forwarded-For: qyxagent\r\n");
    request(address, "POST", "/admin/sign-in", &cross, b"email=qyxguess");
    request(address, "POST", "/request-consultation/send", "Content-Type: qyxagent/x\r\n", b"qyxguess");
    post(
        address,
        "/request-consultation/send",
        &encoded(&[("name", forged), ("note", forged), ("token", forged)]),
    );
}

fn ok(heard: &Heard, wanted: &[u16]) {
    assert!(wanted.contains(&heard.status()), "{}", heard.text);
}

/// Read, searched, noted, answered, referred and taken out.
fn work(jo: &mut Person, reference: &str) {
    let address = format!("/admin/inquiries/{reference}");
    for path in ["/admin", "/admin/inquiries", &address] {
        assert!(jo.get(path).text.contains("Qyxname Madeup"), "{path}");
    }
    ok(&jo.post("/admin/inquiries", &[("q", "Qyxname")]), &[200]);
    ok(&jo.post("/admin/inquiries", &[("q", "971 555 0173")]), &[200]);
    ok(&jo.post(&format!("{address}/notes"), &[("note", "Qyxnoted"), ("version", "1")]), &[303]);
    ok(&jo.post(&format!("{address}/answer"), &[("template", "offer-times"), ("times", "Qyxtimes")]), &[200]);
    let version = version(&jo.get(&address));
    let referred =
        [("status", "referred-out"), ("referred_to", "Qyxcolleague"), ("version", version.as_str())];
    ok(&jo.post(&format!("{address}/status"), &referred), &[303]);
    let page = jo.get(&address).text;
    assert!(page.contains("Qyxnoted") && page.contains("Qyxcolleague"));
    for format in ["csv", "json"] {
        let fields = [("reference", reference), ("format", format), ("password", PASSWORD)];
        let file = jo.post("/admin/export", &fields);
        assert!(file.text.contains("Qyxname Madeup") && file.text.contains("Qyxnoted"), "{}", file.text);
    }
}

/// The version of the inquiry that the forms of its page carry.
fn version(page: &Heard) -> String {
    let (_, rest) = page.text.split_once("name=\"version\" value=\"").expect("a version");
    rest.split('"').next().expect("its end").to_owned()
}

#[test]
fn prv_03_over_the_whole_life_of_a_request_the_real_program_leaves_nothing_typed_anywhere() {
    let life =
        Life { folder: tempfile::tempdir().expect("a folder"), smtp: FakeSmtp::start(|_, at| usual(at)) };
    fs::create_dir(life.folder.path().join("tmp")).expect("a folder");
    let program = life.plan().start();
    let mut jo = Person::set_up(program.address, &life.data());
    life.look("setting up", &program);
    let reference = send(&program);
    let told = || life.smtp.heard().messages.iter().find(|message| message.contains(&reference)).cloned();
    is_the_one_email(&eventually("the practice is told", told), &life, &reference);
    life.look("sending", &program);
    strangers_try(&program);
    life.look("what strangers try", &program);
    work(&mut jo, &reference);
    life.look("the practice's work", &program);
    let copy = life.folder.path().join("copy.db");
    let (code, said, complaint) =
        life.plan().argument("backup").argument(copy.to_str().expect("a path")).outcome();
    assert_eq!(code, Some(0), "{said}{complaint}");
    life.look("a backup", &program);
    every_line_is_ours(&program.printed());
    program.kill();

    let program = life.plan().start();
    jo = jo.moved_to(program.address);
    assert!(
        jo.get(&format!("/admin/inquiries/{reference}")).text.contains("Qyxname"),
        "still there, still signed in"
    );
    life.look("a crash", &program);
    let gone = jo.post("/admin/export/erase/now", &[("erase", &reference), ("password", PASSWORD)]);
    assert_eq!(gone.status(), 303, "{}", gone.text);
    assert_eq!(jo.get(&format!("/admin/inquiries/{reference}")).status(), 404);
    life.look("erasing", &program);
    every_line_is_ours(&program.printed());
}

/// PRV-06 and PRV-12: to the practice alone, in plain text, with a reference and a link, and nothing else about anybody.
fn is_the_one_email(message: &str, life: &Life, reference: &str) {
    let to: Vec<_> =
        life.smtp.heard().commands.iter().filter(|line| line.starts_with("RCPT")).cloned().collect();
    assert!(to.iter().all(|line| line.contains("<practice@example.com>")), "{to:?}");
    let (head, body) = message.split_once("\r\n\r\n").expect("a body");
    let value = |name: &str| {
        head.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).unwrap_or_default()
    };
    assert_eq!(value("Subject"), format!("New request {reference}"));
    assert!(value("From").contains("site@example.com"), "{head}");
    assert!(value("Content-Type").starts_with("text/plain"), "{head}");
    for absent in ["Reply-To", "Cc", "Bcc"] {
        assert!(value(absent).is_empty(), "{absent}: {head}");
    }
    assert!(body.contains(&format!("/admin/inquiries/{reference}")), "{body}");
    for about in ["couple", "Couple", "Oregon", "call", "phone", EMAIL] {
        assert!(!body.contains(about), "{about}: {body}");
    }
}

/// PRV-04: each line is the greeting's or begins with a time, and holds no field that is not on the list.
fn every_line_is_ours(printed: &str) {
    let greeting = ["The site is at ", "Emails ", "Nobody has an account yet.", "The set-up code is in "];
    let mut logged = 0;
    for line in printed.lines().filter(|line| !greeting.iter().any(|start| line.starts_with(start))) {
        let mut parts = line.split_whitespace();
        let (time, level) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let place = parts.next().unwrap_or_default();
        assert!(time.len() == 27 && time.starts_with("20") && time.ends_with('Z'), "{line:?}");
        assert!(["ERROR", "WARN", "INFO", "DEBUG", "TRACE"].contains(&level), "{line:?}");
        assert!(place.starts_with("practice_site") || level == "WARN" || level == "ERROR", "{line:?}");
        assert!(!line.contains(char::is_control), "{line:?}");
        for (name, _) in parts.filter_map(|part| part.split_once('=')) {
            assert!(log::FIELDS.contains(&name), "{name} in {line:?}");
        }
        logged += 1;
    }
    assert!(logged > 0, "nothing was logged");
}
