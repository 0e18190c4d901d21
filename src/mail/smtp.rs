//! One email over one SMTP connection.
//!
//! Drives the conversation step by step, because it has to know how far it came: trouble before the text goes over
//! would meet every email, and what follows the server's acceptance is no trouble at all. Sends nothing in clear
//! except to loopback.

use std::{fmt, fs, time::Duration};

use anyhow::Context;
use jiff::Timestamp;
use lettre::transport::smtp::{
    authentication::{Credentials, DEFAULT_MECHANISMS},
    client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters},
    commands::{Data, Mail, Rcpt, Rset},
    extension::ClientId,
    response::Severity,
};
use tokio::{net::TcpStream, time::timeout};

use super::{
    Affects, Email, Security, SendError, SmtpUrl,
    letterhead::Letterhead,
    line_by_line::LineByLine,
    trouble::{Blocked, Stage, Trouble},
};

/// How long the server may take to say goodbye. The email is already its own then.
const GOODBYE_LIMIT: Duration = Duration::from_secs(1);

pub struct Smtp {
    url: SmtpUrl,
    link: Link,
    letterhead: Letterhead,
    time_limit: Duration,
}

/// How a connection is made; what has to be encrypted can't be without its parameters.
enum Link {
    Clear,
    StartTls(TlsParameters),
    Tls(TlsParameters),
}

impl Smtp {
    pub(super) fn new(url: SmtpUrl, letterhead: Letterhead, time_limit: Duration) -> anyhow::Result<Self> {
        let link = match url.security {
            Security::None => Link::Clear,
            Security::StartTls => Link::StartTls(tls_parameters(&url)?),
            Security::Tls => Link::Tls(tls_parameters(&url)?),
        };
        Ok(Self { url, link, letterhead, time_limit })
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

    /// Walks the way of an email until one could be handed over, and says goodbye without one.
    pub(super) async fn probe(&self) -> Result<(), Blocked> {
        let mut stage = Stage::Connecting;
        match timeout(self.time_limit, self.approach(&mut stage)).await {
            Ok(Ok(mut connection)) => {
                let goodbye = async {
                    connection.command(Rset).await?;
                    connection.quit().await
                };
                let _ = timeout(GOODBYE_LIMIT, goodbye).await;
                Ok(())
            }
            Ok(Err(trouble)) => Err(trouble.into_blocked(stage)),
            Err(_elapsed) => Err(Trouble::Silent(self.time_limit).into_blocked(stage)),
        }
    }

    /// Ends when the server has accepted the email, and returns the connection for a goodbye.
    async fn deliver(&self, message: &[u8], stage: &mut Stage) -> Result<AsyncSmtpConnection, Trouble> {
        let mut connection = self.approach(stage).await?;
        *stage = Stage::BeginningText;
        connection.command(Data).await?;
        *stage = Stage::HandingOver;
        // lettre ends the text with a line break of its own.
        let answer = connection.message(message.strip_suffix(b"\r\n").unwrap_or(message)).await?;
        // lettre takes 3xx for a good answer too; only 2xx says that the server has the email.
        match answer.code().severity {
            Severity::PositiveCompletion => Ok(connection),
            _ => Err(Trouble::Unclear),
        }
    }

    /// Ends when the server has agreed to sender and recipient.
    async fn approach(&self, stage: &mut Stage) -> Result<AsyncSmtpConnection, Trouble> {
        let mut connection = self.connect(stage).await?;
        if let Some(login) = &self.url.login {
            *stage = Stage::SigningIn;
            let credentials = Credentials::new(login.user.clone(), login.password.clone());
            connection.auth(DEFAULT_MECHANISMS, &credentials).await?;
        }
        *stage = Stage::NamingSender;
        connection.command(Mail::new(Some(self.letterhead.sender().clone()), vec![])).await?;
        *stage = Stage::NamingRecipient;
        connection.command(Rcpt::new(self.letterhead.recipient().clone(), vec![])).await?;
        Ok(connection)
    }

    /// A connection that may carry secrets: encrypted, or to loopback.
    async fn connect(&self, stage: &mut Stage) -> Result<AsyncSmtpConnection, Trouble> {
        let server = (self.url.host.as_str(), self.url.port);
        let hello = ClientId::Domain(self.letterhead.sender().domain().to_owned());
        let tls = match &self.link {
            Link::Clear => None,
            Link::Tls(tls) => Some(tls.clone()),
            Link::StartTls(tls) => return start_tls(server, &hello, tls.clone(), stage).await,
        };
        Ok(AsyncSmtpConnection::connect_tokio1(server, None, &hello, tls, None).await?)
    }
}

async fn start_tls(
    server: (&str, u16),
    hello: &ClientId,
    tls: TlsParameters,
    stage: &mut Stage,
) -> Result<AsyncSmtpConnection, Trouble> {
    let clear = LineByLine(TcpStream::connect(server).await?);
    let mut connection = AsyncSmtpConnection::connect_with_transport(Box::new(clear), hello).await?;
    *stage = Stage::StartingTls;
    if !connection.can_starttls() {
        return Err(Trouble::NoStartTls);
    }
    connection.starttls(tls, hello).await?;
    Ok(connection)
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

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").field("url", &self.url).finish_non_exhaustive()
    }
}
