//! `practice-site mail-test`, as somebody runs it who has just set up the mail server.

use crate::fake_smtp::{At, FakeSmtp, Say, closed_port, usual};
use crate::program::{Plan, emails};

/// Exit code, what it said, and what it complained about.
fn mail_test(url: &str) -> (Option<i32>, String, String) {
    let data = tempfile::tempdir().expect("a folder");
    Plan::over(data.path())
        .set("PRACTICE_SMTP_URL", url)
        .set("PRACTICE_MAIL_TO", "office@practice.example")
        .set("PRACTICE_MAIL_FROM", "site@practice.example")
        .argument("mail-test")
        .outcome()
}

fn with_login(server: &FakeSmtp) -> String {
    server.url().replace("smtp://", "smtp://jo:hunter2@")
}

#[test]
fn rel_26_one_email_is_sent_and_said_to_be_accepted() {
    let server = FakeSmtp::start(|_, at| usual(at));
    let (code, said, complaint) = mail_test(&with_login(&server));
    assert_eq!(code, Some(0), "{complaint}");
    assert!(said.contains("has accepted the email for office@practice.example"), "{said}");
    let heard = server.heard();
    assert_eq!(heard.messages.len(), 1);
    assert!(heard.messages[0].contains("Subject: Test of the website's email"), "{}", heard.messages[0]);
}

#[test]
fn rel_26_each_failure_is_told_with_its_step_the_answer_and_what_to_do() {
    for (bad, answer, step, advice) in [
        (At::Connect, "554 5.7.1 go away", "connecting", "whether this machine may send"),
        (At::Auth, "535 5.7.8 wrong password", "signing in", "made for one program"),
        (At::Mail, "553 5.7.1 not your address", "naming the sender", "PRACTICE_MAIL_FROM"),
        (At::Rcpt, "550 5.1.1 nobody here", "naming the recipient", "PRACTICE_MAIL_TO"),
        (At::Rcpt, "450 4.7.1 greylisted", "naming the recipient", "in 15 minutes"),
        (At::Dot, "554 5.7.1 looks like spam", "handing over the email", "SPF and DKIM"),
    ] {
        let server = FakeSmtp::start(move |_, at| if at == bad { Say(answer) } else { usual(at) });
        let (code, said, complaint) = mail_test(&with_login(&server));
        assert_eq!((code, said.as_str()), (Some(1), ""), "{complaint}");
        for words in [step, answer, advice] {
            assert!(complaint.contains(words), "{words}\n{complaint}");
        }
        assert!(!complaint.contains("hunter2"), "{complaint}");
    }
}

#[test]
fn rel_26_a_server_that_is_not_there_or_offers_no_encryption_is_explained() {
    let (code, _, complaint) = mail_test(&format!("smtp://127.0.0.1:{}?tls=none", closed_port()));
    assert!(code == Some(1) && complaint.contains("Nothing listens"), "{complaint}");
    let server = FakeSmtp::start(|_, at| usual(at));
    let port = server.port;
    let (code, _, complaint) = mail_test(&format!("smtp://jo:hunter2@127.0.0.1:{port}"));
    assert!(code == Some(1) && complaint.contains("not even the password"), "{complaint}");
    let (code, _, complaint) = mail_test(&format!("smtps://jo:hunter2@127.0.0.1:{port}"));
    assert!(
        code == Some(1) && complaint.contains("smtps:// is for ports that begin with TLS"),
        "{complaint}"
    );
    let (code, _, complaint) = mail_test("smtp://jo:hunter2@mail.practice.invalid:587");
    assert!(code == Some(1) && complaint.contains("No server of this name"), "{complaint}");
}

#[test]
fn without_a_mail_server_the_email_becomes_a_file_and_that_is_said() {
    let data = tempfile::tempdir().expect("a folder");
    let (code, said, _) = Plan::over(data.path()).argument("mail-test").outcome();
    assert!(code == Some(0) && said.contains("PRACTICE_SMTP_URL is not set"), "{said}");
    assert_eq!(emails(data.path()).len(), 1);
}
