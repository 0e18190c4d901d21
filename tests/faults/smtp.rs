//! Emails over a real mail server: what arrives, and what never leaves without TLS and the right certificate.
//!
//! Needs python3 with aiosmtpd (Debian: python3-aiosmtpd) and openssl.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use practice_site::mail::{Affects, Email, SendError};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::outbox::{Outbox, drain, noon};
use crate::outbox_over_smtp::mailer;

pub struct MailServer {
    child: Child,
    pub port: u16,
    folder: TempDir,
}

impl MailServer {
    pub fn start(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = Command::new("python3")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults/smtp_server.py"))
            .arg(folder.path())
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("python3 is needed for this test");
        let mut port = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut port).expect("a line");
        let Ok(port) = port.trim().parse() else {
            let mut reason = String::new();
            child.stderr.take().expect("a pipe").read_to_string(&mut reason).expect("a reason");
            panic!("the test's mail server did not start: {reason}");
        };
        Self { child, port, folder }
    }

    fn with_tls(way: &str, certificates: &Certificates, more: &[&str]) -> Self {
        let (certificate, key) = (certificates.path("server.pem"), certificates.path("server.key"));
        let options = ["--tls", way, "--certificate", &certificate, "--key", &key];
        Self::start(&[&options, more].concat())
    }

    pub fn kept(&self, prefix: &str) -> Vec<Value> {
        (0..)
            .map_while(|number| fs::read(self.folder.path().join(format!("{prefix}-{number}.json"))).ok())
            .map(|file| serde_json::from_slice(&file).expect("what the server wrote"))
            .collect()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.child.kill().expect("stopped");
        self.child.wait().expect("ended");
    }
}

/// A certificate authority that nobody knows, and a server's certificate made by it.
struct Certificates(TempDir);

impl Certificates {
    fn made_for(name: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let new_key = "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        openssl(
            folder.path(),
            &format!("{new_key} -x509 -days 2 -subj /CN=Made-up -keyout ca.key -out ca.pem"),
        );
        openssl(
            folder.path(),
            &format!(
                "{new_key} -subj /CN=server -addext subjectAltName={name} -keyout server.key -out server.csr"
            ),
        );
        openssl(
            folder.path(),
            "x509 -req -days 2 -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -copy_extensions copy -out server.pem",
        );
        Self(folder)
    }

    fn path(&self, file: &str) -> String {
        self.0.path().join(file).to_str().expect("a plain path").to_owned()
    }
}

fn openssl(folder: &Path, arguments: &str) {
    let run = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output();
    let run = run.expect("openssl is needed for this test");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}

fn email() -> Email {
    Email { subject: "New request K7QF-2M".into(), text: "Open it.\n".into(), message_id: "k7qf2m".into() }
}

async fn send(url: &str, email: &Email) -> Result<(), SendError> {
    mailer(url).send(email, noon()).await
}

#[tokio::test]
async fn sec_18_a_real_server_gets_one_message_for_the_practice_with_exactly_its_headers_and_text() {
    let server = MailServer::start(&[]);
    let text = "A line.\n.\n..\n.hidden\nReply by Tuesday – ☎ call.\n.\n";
    send(&format!("smtp://127.0.0.1:{}?tls=none", server.port), &Email { text: text.into(), ..email() })
        .await
        .expect("accepted");
    let message = json!({
        "from": "site@practice.example",
        "to": ["office@practice.example"],
        "headers": [
            ["From", "Made-up Practice <site@practice.example>"],
            ["To", "office@practice.example"],
            ["Subject", "New request K7QF-2M"],
            ["Date", "Mon, 04 May 2026 12:00:00 +0000"],
            ["Message-ID", "<k7qf2m@practice.example>"],
            ["Auto-Submitted", "auto-generated"],
            ["MIME-Version", "1.0"],
            ["Content-Type", "text/plain; charset=\"utf-8\""],
            ["Content-Transfer-Encoding", "quoted-printable"],
        ],
        "text": text,
        "encrypted": false,
    });
    assert_eq!(server.kept("message"), [message]);
}

#[tokio::test]
async fn sec_18_no_subject_can_add_a_header_or_a_recipient() {
    let server = MailServer::start(&[]);
    let url = format!("smtp://127.0.0.1:{}?tls=none", server.port);
    let subjects = [
        "A\r\nBcc: x@y.example",
        "A\r\n\r\nText",
        "A\nTo: x@y.example",
        "=?utf-8?q?=0D=0ABcc:_x?=",
        "A\u{85}B\u{2028}C\u{202e}D\0",
    ];
    for subject in subjects {
        send(&url, &Email { subject: subject.into(), ..email() }).await.expect("accepted");
    }
    let messages = server.kept("message");
    assert_eq!(messages.len(), subjects.len());
    for message in messages {
        assert_eq!(message["to"], json!(["office@practice.example"]));
        assert_eq!(message["headers"].as_array().map(Vec::len), Some(9), "{message}");
        assert_eq!(message["text"], "Open it.\n");
    }
}

#[tokio::test]
async fn starttls_and_tls_with_a_login_and_a_certificate_of_ones_own_deliver() {
    let certificates = Certificates::made_for("IP:127.0.0.1");
    for (way, scheme) in [("starttls", "smtp"), ("implicit", "smtps")] {
        let server = MailServer::with_tls(way, &certificates, &["--login", "jo@practice.example:p@ss/word%"]);
        let ca = certificates.path("ca.pem");
        let url =
            format!("{scheme}://jo@practice.example:p%40ss%2Fword%25@127.0.0.1:{}?ca={ca}", server.port);
        send(&url, &email()).await.expect("accepted");
        let messages = server.kept("message");
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0]["encrypted"], true);
        assert_eq!(server.kept("login"), [json!({"user": "jo@practice.example"})]);
    }
}

#[tokio::test]
async fn rel_10_a_wrong_password_is_shown_with_its_code_and_the_email_is_kept() {
    let certificates = Certificates::made_for("IP:127.0.0.1");
    let server = MailServer::with_tls("starttls", &certificates, &["--login", "jo:right"]);
    let url = format!("smtp://jo:hunter2@127.0.0.1:{}?ca={}", server.port, certificates.path("ca.pem"));
    let outbox = Outbox::empty().await;
    outbox.put("New request A", noon()).await;
    outbox.put("New request B", noon()).await;
    drain(&mut outbox.worker(mailer(&url)), noon()).await;
    let trouble = outbox.trouble(noon()).await.expect("trouble");
    assert_eq!((trouble.waiting, trouble.refused), (2, true));
    let reply = trouble.last_reply.expect("a reply");
    assert!(reply.starts_with("535 5.7.8") && !reply.contains("hunter2"), "{reply}");
    assert_eq!(server.kept("login").len(), 1, "not one sign-in for each email");
    assert!(server.kept("message").is_empty());
}

#[tokio::test]
async fn sec_29_a_server_with_a_wrong_unknown_or_outdated_identity_gets_neither_login_nor_email() {
    let right = Certificates::made_for("IP:127.0.0.1");
    let wrong_name = Certificates::made_for("DNS:other.example");
    for (way, scheme) in [("starttls", "smtp"), ("implicit", "smtps")] {
        let options = ["--login", "jo:hunter2"];
        let old = ["--login", "jo:hunter2", "--old-tls"];
        let cases = [
            (
                MailServer::with_tls(way, &wrong_name, &options),
                format!("?ca={}", wrong_name.path("ca.pem")),
                "certificate",
            ),
            (
                MailServer::with_tls(way, &right, &options),
                format!("?ca={}", wrong_name.path("ca.pem")),
                "certificate",
            ),
            (MailServer::with_tls(way, &right, &options), String::new(), "certificate"),
            (MailServer::with_tls(way, &right, &old), format!("?ca={}", right.path("ca.pem")), "while"),
        ];
        for (server, trust, reason) in cases {
            let url = format!("{scheme}://jo:hunter2@127.0.0.1:{}{trust}", server.port);
            let error = send(&url, &email()).await.expect_err("nothing to trust");
            assert!(!error.is_permanent() && error.affects() == Affects::EveryEmail, "{error:?}");
            assert!(error.reply().contains(reason), "{error}");
            assert!(server.kept("login").is_empty() && server.kept("message").is_empty(), "{way} {reason}");
        }
    }
}

/// Somebody on the line can write into the part that is not encrypted yet. Taken for the answer to a later command, it
/// would make an email count as accepted before the server has it.
#[tokio::test]
async fn sec_29_an_answer_slipped_in_before_tls_begins_ends_the_attempt() {
    let certificates = Certificates::made_for("IP:127.0.0.1");
    let server = MailServer::with_tls("starttls", &certificates, &["--inject"]);
    let url = format!("smtp://127.0.0.1:{}?ca={}", server.port, certificates.path("ca.pem"));
    let error = send(&url, &email()).await.expect_err("not one word of it is believed");
    assert!(error.reply().ends_with("while starting TLS"), "{error}");
    assert!(server.kept("message").is_empty());
}
