//! One email over one SMTP connection.
//!
//! Drives the conversation step by step, because it has to know how far it came: trouble before the text goes over
//! would meet every email, and what follows the server's acceptance is no trouble at all. Sends nothing in clear
//! except to loopback.

use std::{fs, time::Duration};

use anyhow::Context;
use jiff::Timestamp;
use lettre::transport::smtp::{
    Error,
    authentication::{Credentials, DEFAULT_MECHANISMS},
    client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters},
    commands::{Data, Mail, Rcpt},
    extension::ClientId,
};
use tokio::time::timeout;

use super::{Affects, Email, Security, SendError, SmtpUrl, letterhead::Letterhead};

/// How long the server may take to say goodbye. The email is already its own then.
const GOODBYE_LIMIT: Duration = Duration::from_secs(1);

pub struct Smtp {
    url: SmtpUrl,
    tls: Option<TlsParameters>,
    letterhead: Letterhead,
    time_limit: Duration,
}

/// How far an attempt came.
#[derive(Debug, Clone, Copy)]
enum Stage {
    Connecting,
    SigningIn,
    Addressing,
    HandingOver,
}

impl Smtp {
    pub(super) fn new(url: SmtpUrl, letterhead: Letterhead, time_limit: Duration) -> anyhow::Result<Self> {
        let tls = match url.security {
            Security::None => None,
            Security::StartTls | Security::Tls => Some(tls_parameters(&url)?),
        };
        Ok(Self { url, tls, letterhead, time_limit })
    }

    pub(super) fn with_time_limit(self, time_limit: Duration) -> Self {
        Self { time_limit, ..self }
    }

    pub(super) async fn send(&self, email: &Email, now: Timestamp) -> Result<(), SendError> {
        let message = self
            .letterhead
            .compose(email, now)
            .map_err(|error| SendError::permanent(&error.to_string(), Affects::ThisEmail))?;
        let mut stage = Stage::Connecting;
        let attempt = timeout(self.time_limit, self.deliver(&message, &mut stage)).await;
        match attempt {
            Ok(Ok(mut connection)) => {
                let _ = timeout(GOODBYE_LIMIT, connection.quit()).await;
                Ok(())
            }
            Ok(Err(trouble)) => Err(trouble.into_send_error(stage)),
            Err(_elapsed) => Err(Trouble::Silent(self.time_limit).into_send_error(stage)),
        }
    }

    /// Ends when the server has accepted the email, and returns the connection for a goodbye.
    async fn deliver(&self, message: &[u8], stage: &mut Stage) -> Result<AsyncSmtpConnection, Trouble> {
        let mut connection = self.connect().await?;
        if let Some(login) = &self.url.login {
            *stage = Stage::SigningIn;
            let credentials = Credentials::new(login.user.clone(), login.password.clone());
            connection.auth(DEFAULT_MECHANISMS, &credentials).await?;
        }
        *stage = Stage::Addressing;
        connection.command(Mail::new(Some(self.letterhead.sender().clone()), vec![])).await?;
        connection.command(Rcpt::new(self.letterhead.recipient().clone(), vec![])).await?;
        connection.command(Data).await?;
        *stage = Stage::HandingOver;
        connection.message(message).await?;
        Ok(connection)
    }

    /// A connection that may carry secrets: encrypted, or to loopback.
    async fn connect(&self) -> Result<AsyncSmtpConnection, Trouble> {
        let server = (self.url.host.as_str(), self.url.port);
        let hello = ClientId::Domain(self.letterhead.sender().domain().to_owned());
        let at_once = self.tls.clone().filter(|_| self.url.security == Security::Tls);
        let mut connection = AsyncSmtpConnection::connect_tokio1(server, None, &hello, at_once, None).await?;
        if let (Security::StartTls, Some(tls)) = (self.url.security, &self.tls) {
            if !connection.can_starttls() {
                return Err(Trouble::NoStartTls);
            }
            connection.starttls(tls.clone(), &hello).await?;
        }
        Ok(connection)
    }
}

fn tls_parameters(url: &SmtpUrl) -> anyhow::Result<TlsParameters> {
    let builder = TlsParameters::builder(url.host.clone());
    let builder = match &url.ca {
        None => builder.certificate_store(CertificateStore::WebpkiRoots),
        Some(path) => {
            let unreadable = || format!("the mail server's certificates in {} can't be read", path.display());
            let pem = fs::read(path).with_context(unreadable)?;
            let certificate = Certificate::from_pem(&pem).with_context(unreadable)?;
            builder.certificate_store(CertificateStore::None).add_root_certificate(certificate)
        }
    };
    builder.build().context("TLS for the mail server can't be set up")
}

/// What ended an attempt.
enum Trouble {
    Lettre(Error),
    NoStartTls,
    Silent(Duration),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Lettre(error)
    }
}

impl Trouble {
    fn into_send_error(self, stage: Stage) -> SendError {
        let affects = match stage {
            Stage::Connecting | Stage::SigningIn | Stage::Addressing => Affects::EveryEmail,
            Stage::HandingOver => Affects::ThisEmail,
        };
        match self {
            Self::Lettre(error) if error.is_permanent() => {
                SendError::permanent(&answer(&error, stage), affects)
            }
            Self::Lettre(error) => SendError::transient(&answer(&error, stage), affects),
            Self::NoStartTls => {
                SendError::transient("the server offers no STARTTLS, so nothing was sent", affects)
            }
            Self::Silent(limit) => SendError::transient(
                &format!("no answer within {} s, while {stage}", limit.as_secs_f32()),
                affects,
            ),
        }
    }
}

/// The server's code and text; where there was none, the cause and how far the attempt came.
fn answer(error: &Error, stage: Stage) -> String {
    let cause = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    match error.status() {
        Some(code) => format!("{code} {cause}"),
        None => format!("{cause}, while {stage}"),
    }
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Connecting => "connecting",
            Self::SigningIn => "signing in",
            Self::Addressing => "naming sender and recipient",
            Self::HandingOver => "handing over the email",
        })
    }
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp").field("url", &self.url).finish_non_exhaustive()
    }
}
