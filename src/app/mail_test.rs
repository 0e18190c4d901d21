//! Sends one email the way the site sends them, and says in words what is wrong where that fails.
//!
//! The email holds constant words only.

use anyhow::{Result, bail};
use jiff::Timestamp;

use super::{check, storage};
use crate::config::Settings;
use crate::content::{self, Practice};
use crate::mail::{Email, Mailer, Stage};

const SUBJECT: &str = "Test of the website's email";
const TEXT: &str = "This email shows that the website can reach you. Nobody has written to you, and there is nothing to do.\n";

/// Sends the email and returns what to tell the person.
///
/// # Errors
/// The step that failed, what the server said, and what to do about it.
pub async fn send(settings: Settings) -> Result<String> {
    let now = Timestamp::now();
    let texts = content::load(&settings.content, now);
    // Faulty texts are no reason to keep an email back: their address may be a setting.
    let practice = texts.map_or_else(|_| Practice::bare("", "UTC"), |loaded| loaded.content.practice);
    let mail = match check::mail(&settings, &practice) {
        Ok(mail) => mail,
        Err(faults) => bail!(faults.join("\n")),
    };
    storage::create(&settings.data)?;
    let mailer = Mailer::new(mail.clone())?;
    if let Err(blocked) = mailer.probe().await {
        bail!(failure(blocked.stage, blocked.reply()));
    }
    let id = format!("test-{}", now.as_millisecond());
    let email = Email { subject: SUBJECT.to_owned(), text: TEXT.to_owned(), message_id: id };
    if let Err(error) = mailer.send(&email, now).await {
        bail!(failure(Stage::HandingOver, error.reply()));
    }
    Ok(match mail.smtp {
        Some(server) => format!(
            "{server} has accepted the email for {}. Look for \"{SUBJECT}\" there, in the spam folder as well. If it\n\
             does not come, ask whoever runs the domain of {} about its SPF and DKIM records.",
            mail.to, mail.from
        ),
        None => format!(
            "PRACTICE_SMTP_URL is not set, so the email is a file in {} and nobody is told of a request.",
            mail.folder.display()
        ),
    })
}

fn failure(stage: Stage, reply: &str) -> String {
    format!(
        "The email was not accepted.\nStep:       {stage}\nAnswer:     {reply}\nWhat to do: {}",
        advice(stage, reply)
    )
}

/// What helps, for somebody who can change settings and ask their mail provider.
fn advice(stage: Stage, reply: &str) -> &'static str {
    let code = reply.get(..3).and_then(|code| code.parse::<u16>().ok());
    let for_now = code.is_some_and(|code| (400..500).contains(&code));
    match stage {
        Stage::Connecting | Stage::StartingTls => connection(reply, for_now),
        _ if code.is_none() => {
            "The connection ended in the middle. Run this again; if it stays so, ask the mail provider whether this machine may send."
        }
        Stage::NamingRecipient if for_now => {
            "Many servers turn a sender away whom they see for the first time (greylisting). The site tries again by itself; run this again in 15 minutes."
        }
        _ if for_now => {
            "The server can't do it just now. The site tries again by itself; run this again in 15 minutes."
        }
        Stage::SigningIn => {
            "The server does not take this user or password. Many providers want a password made for one program. In PRACTICE_SMTP_URL write @ : / ? # and % as %40 %3A %2F %3F %23 and %25."
        }
        Stage::NamingSender => {
            "The account may not send as PRACTICE_MAIL_FROM. Set the account's own address there, or allow this sender at the mail provider."
        }
        Stage::NamingRecipient => {
            "The server takes no email for PRACTICE_MAIL_TO. Check its spelling; where the answer speaks of relaying, PRACTICE_SMTP_URL needs a user and a password."
        }
        Stage::BeginningText | Stage::HandingOver => {
            "The server does not want the email itself, mostly because it takes it for spam. Ask whoever runs the sender's domain about its SPF and DKIM records."
        }
        Stage::WritingFile => "See that the account that runs the site can write into the data folder.",
    }
}

/// Trouble before anything was said.
fn connection(reply: &str, for_now: bool) -> &'static str {
    let says = |words: &[&str]| words.iter().any(|word| reply.contains(word));
    if says(&["lookup", "resolve", "not known", "No address"]) {
        "No server of this name was found. Check the host in PRACTICE_SMTP_URL, and whether this machine can look names up."
    } else if says(&["certificate"]) {
        "The certificate does not fit. It has to be in date, name the host as PRACTICE_SMTP_URL does, and come from a public authority; for an authority of your own, add ?ca=FILE."
    } else if says(&["STARTTLS"]) {
        "This port offers no encryption, so nothing was sent, not even the password. Use the port for submission (587), or smtps:// with port 465."
    } else if says(&["corrupt message", "handshake", "alert", "eof"]) {
        "Server and site don't agree on encryption. smtps:// is for ports that begin with TLS (465), smtp:// for those that change to it (587)."
    } else if says(&["refused"]) {
        "Nothing listens at this host and port. Check both in PRACTICE_SMTP_URL: 587 is usual for smtp://, 465 for smtps://."
    } else if for_now {
        "The server can't take mail just now. The site tries again by itself; run this again in 15 minutes."
    } else if says(&["no answer", "timed out", "unreachable"]) {
        "The server is silent. A firewall may be in the way (some hosting companies block mail ports until asked), or the port begins with TLS: then write smtps:// instead of smtp://."
    } else {
        "The server does not talk to this machine. Check host and port in PRACTICE_SMTP_URL, and ask the mail provider whether this machine may send."
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_advice(stage: Stage, reply: &str, words: &str) {
        let advice = advice(stage, reply);
        assert!(advice.contains(words), "{stage}: {reply}\n{advice}");
    }

    #[test]
    fn trouble_with_the_connection_is_told_apart() {
        let unknown = "failed to lookup address information: Name or service not known";
        assert_advice(Stage::Connecting, unknown, "No server of this name");
        assert_advice(Stage::Connecting, "Connection refused (os error 111)", "Nothing listens");
        assert_advice(Stage::Connecting, "no answer within 30 s", "firewall");
        assert_advice(Stage::Connecting, "Network is unreachable (os error 101)", "firewall");
        assert_advice(Stage::Connecting, "421 4.3.2 closing down", "just now");
        assert_advice(Stage::Connecting, "554 no service for you", "whether this machine may send");
        assert_advice(
            Stage::StartingTls,
            "the server offers no STARTTLS, so nothing was sent",
            "not even the password",
        );
        assert_advice(Stage::StartingTls, "invalid peer certificate: UnknownIssuer", "?ca=FILE");
        assert_advice(
            Stage::Connecting,
            "received corrupt message of type InvalidContentType",
            "smtps:// is for",
        );
    }

    #[test]
    fn a_refusal_is_told_by_its_step() {
        assert_advice(Stage::SigningIn, "535 5.7.8 wrong password", "made for one program");
        assert_advice(Stage::NamingSender, "553 5.7.1 not yours", "PRACTICE_MAIL_FROM");
        assert_advice(Stage::NamingRecipient, "550 5.1.1 unknown", "PRACTICE_MAIL_TO");
        assert_advice(Stage::NamingRecipient, "450 4.2.0 try later", "greylisting");
        assert_advice(Stage::HandingOver, "554 5.7.1 looks like spam", "SPF and DKIM");
        assert_advice(Stage::HandingOver, "452 4.3.1 full", "just now");
        assert_advice(Stage::SigningIn, "incomplete response", "ended in the middle");
    }
}
