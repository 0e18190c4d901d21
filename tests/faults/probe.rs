//! The way of an email walked without one: how far it leads, and that nobody gets an email from it (REL-22, REL-26).

use practice_site::mail::Stage;

use crate::fake_smtp::{At, FakeSmtp, HangUp, Say, closed_port, usual};
use crate::outbox_over_smtp::mailer;

fn with_login(server: &FakeSmtp) -> String {
    server.url().replace("smtp://", "smtp://jo:hunter2@")
}

#[tokio::test]
async fn rel_26_a_probe_walks_the_whole_way_and_sends_no_email() {
    let server = FakeSmtp::start(|_, at| usual(at));
    mailer(&with_login(&server)).probe().await.expect("the way is open");
    let heard = server.heard();
    let verbs: Vec<_> = heard.commands.iter().filter_map(|command| command.split(' ').next()).collect();
    assert_eq!(verbs, ["EHLO", "AUTH", "MAIL", "RCPT", "RSET", "QUIT"]);
    assert!(heard.commands[3].contains("<office@practice.example>"), "{:?}", heard.commands);
    assert!(heard.messages.is_empty());
}

#[tokio::test]
async fn rel_26_a_probe_names_the_step_where_the_way_ends_and_what_the_server_said() {
    let cases = [
        (At::Connect, Say("421 4.3.2 closing down"), Stage::Connecting, "421 4.3.2 closing down", false),
        (At::Auth, Say("535 5.7.8 wrong password"), Stage::SigningIn, "535 5.7.8 wrong password", true),
        (At::Mail, Say("451 4.3.0 later"), Stage::NamingSender, "451 4.3.0 later", false),
        (
            At::Rcpt,
            Say("550 5.1.1 <office@practice.example> unknown"),
            Stage::NamingRecipient,
            "550 5.1.1 [address] unknown",
            true,
        ),
        (At::Rcpt, HangUp, Stage::NamingRecipient, "incomplete response", false),
    ];
    for (bad, answer, stage, reply, refused) in cases {
        let answer = std::sync::Mutex::new(Some(answer));
        let server = FakeSmtp::start(move |_, at| match at == bad {
            true => answer.lock().expect("whole").take().expect("asked once"),
            false => usual(at),
        });
        let blocked = mailer(&with_login(&server)).probe().await.expect_err("the way is closed");
        assert_eq!((blocked.stage, blocked.reply(), blocked.is_refused()), (stage, reply, refused));
        assert_eq!(blocked.to_string(), format!("{reply}, while {stage}"));
    }
}

#[tokio::test]
async fn rel_26_a_probe_finds_a_server_that_is_gone_or_offers_no_tls() {
    let blocked = mailer(&format!("smtp://127.0.0.1:{}?tls=none", closed_port())).probe().await;
    let blocked = blocked.expect_err("nobody listens");
    assert!(blocked.stage == Stage::Connecting && blocked.reply().contains("refused"), "{blocked}");

    let server = FakeSmtp::start(|_, at| usual(at));
    let blocked = mailer(&format!("smtp://jo:hunter2@127.0.0.1:{}", server.port)).probe().await;
    assert_eq!(blocked.expect_err("no TLS").stage, Stage::StartingTls);
    assert_eq!(server.heard().commands, ["EHLO practice.example"], "no password in clear");
}
