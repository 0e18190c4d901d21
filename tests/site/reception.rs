//! A site that takes requests, with everything behind it in memory or in a fresh folder, and a clock that a test moves.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use jiff::Timestamp;
use practice_site::content;
use practice_site::db::Db;
use practice_site::inquiry::{Answers, Senders, TokenKey, intake, notice};
use practice_site::mail::{Email, Mailer, Memory};
use practice_site::outbox::{Step, Worker};
use practice_site::seal::{self, PrivateKey};
use practice_site::staff::hashing::Cost;
use practice_site::staff::{Doorkeeper, keys};
use practice_site::web::client::Peer;
use practice_site::web::snapshot::Snapshot;
use practice_site::web::{self, Desk, Web};
use tempfile::TempDir;
use tokio::sync::{Mutex, Notify};
use tokio::task::JoinHandle;
use tower::ServiceExt;

use crate::form::{Form, Post};
use crate::visit::{Answer, BASE_URL, copy, read, settings};

/// Friday, November 20, 2026, at noon in New York.
const NOON: &str = "2026-11-20T17:00:00Z";
const CHEAP: Cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };
const HOME: &str = "192.0.2.7:40000";

pub const STATE: &str = "Where will you be during sessions?";
pub const PHONE: &str = "Phone number (only if you chose call or text)";
pub const EMAIL: &str = "Email address (only if you chose email)";
pub const NOTE: &str = "Is there anything you would like us to know first? (optional)";
pub const UNDERSTOOD: &str = "I understand this form is not for emergencies";
pub const SEND: &str = "Send my request";

/// The practice behind its site.
pub struct Reception {
    router: Router,
    pub data: TempDir,
    /// Opens what is stored.
    pub key: PrivateKey,
    pub db: Db,
    mail: Memory,
    worker: Mutex<Worker>,
    writer: JoinHandle<()>,
    clock: Arc<AtomicI64>,
    _content: TempDir,
}

/// An inquiry as it lies in the database.
#[derive(Debug, sqlx::FromRow)]
pub struct Stored {
    pub reference: String,
    pub status: String,
    pub suspicion: Option<String>,
    pub answers: Vec<u8>,
}

/// With the shipped content.
pub async fn open() -> Reception {
    open_with(|_| {}).await
}

/// With some changes to the shipped content.
pub async fn open_with(change: impl FnOnce(&Path)) -> Reception {
    let content = tempfile::tempdir().expect("a folder");
    copy(Path::new("content"), content.path());
    change(content.path());
    let data = tempfile::tempdir().expect("a folder");
    let now: Timestamp = NOON.parse().expect("a time");
    let (db, key) = database(data.path(), now).await;

    let (mail, wake) = (Memory::default(), Arc::new(Notify::new()));
    let worker = Worker::new(db.clone(), Mailer::Memory(mail.clone()), notice::joined, wake.clone());
    let (intake, writer) = intake::open(db.clone(), key.public(), BASE_URL, wake.clone());
    let writer = tokio::spawn(writer.run(std::future::pending()));
    let desk = Desk {
        db: db.clone(),
        intake,
        tokens: TokenKey::load(data.path()).expect("a key"),
        senders: Senders::default(),
        worker: worker.heartbeat(),
        mail: wake,
        door: Doorkeeper::new(CHEAP),
    };
    let clock = Arc::new(AtomicI64::new(now.as_millisecond()));
    let router = router(content.path(), Some(desk), clock.clone());
    let worker = Mutex::new(worker);
    Reception { router, data, key, db, mail, worker, writer, clock, _content: content }
}

fn router(content: &Path, desk: Option<Desk>, clock: Arc<AtomicI64>) -> Router {
    let tells = move || Timestamp::from_millisecond(clock.load(Ordering::SeqCst)).expect("a time");
    let Ok(loaded) = content::load(content, tells()) else { panic!("the content is faulty") };
    let snapshot =
        Snapshot::build(Arc::new(loaded.content), BASE_URL, tells(), None).expect("the pages render");
    web::router(Arc::new(Web::new(settings(content), snapshot, desk, Arc::new(tells))))
}

async fn database(data: &Path, now: Timestamp) -> (Db, PrivateKey) {
    let db = Db::open(&data.join("practice.db")).await.expect("opens");
    let key = PrivateKey::generate();
    let mut write = db.begin().await.expect("begins");
    keys::replace(&mut write, &key.public(), now.as_millisecond()).await.expect("stored");
    write.commit().await.expect("commits");
    (db, key)
}

impl Reception {
    pub fn wait(&self, seconds: i64) {
        self.clock.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }

    /// From now on nothing can be stored.
    pub fn break_storage(&self) {
        self.writer.abort();
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.get_in(path, "identity").await
    }

    /// Gets a page in one of the codings that browsers understand.
    pub async fn get_in(&self, path: &str, coding: &str) -> Answer {
        let request = Request::builder().uri(path).header(header::ACCEPT_ENCODING, coding);
        let request = request.body(Body::empty()).expect("a request");
        read(self.router.clone().oneshot(request).await.expect("an answer")).await
    }

    /// The empty form, opened a minute ago.
    pub async fn form(&self) -> Form {
        let answer = self.get("/request-consultation").await;
        assert_eq!(answer.status, StatusCode::OK);
        self.wait(60);
        Form::with_button(&answer.html(), "Continue")
    }

    /// The form as somebody fills it in who wants to be called or written to.
    pub async fn filled(&self) -> Form {
        let mut form = self.form().await;
        form.fill("Name", "Quill Madeup").choose("Couples therapy").pick(STATE, "Oregon").choose("Yes");
        form.choose("Phone call").choose("Email").fill(PHONE, "(503) 555-0142").choose("No voicemail");
        form.fill(EMAIL, "quill@mail.example").choose("Weekday evenings").choose("Weekends");
        form.fill(NOTE, "Two made-up lines,\nthis is the second.").choose(UNDERSTOOD);
        form
    }

    pub async fn press(&self, form: &Form, button: &str) -> Answer {
        self.post_from(HOME, form.press(button)).await
    }

    /// Posts from some other place.
    pub async fn post_from(&self, peer: &str, post: Post) -> Answer {
        let path = post.action.split('#').next().expect("a path");
        self.raw(peer, path, "application/x-www-form-urlencoded", post.body.into_bytes()).await
    }

    pub async fn raw(&self, peer: &str, path: &str, kind: &str, body: Vec<u8>) -> Answer {
        // Every browser takes brotli; a page with something typed in it comes back uncompressed all the same, or no
        // test could read it.
        let request = Request::post(path).header(header::ACCEPT_ENCODING, "br");
        let mut request = request.header(header::CONTENT_TYPE, kind).body(Body::from(body)).expect("one");
        request.extensions_mut().insert(Peer(peer.parse::<SocketAddr>().expect("an address")));
        read(self.router.clone().oneshot(request).await.expect("an answer")).await
    }

    /// The check page that a form leads to, as a form of its own.
    pub async fn checked(&self, form: &Form) -> Form {
        let answer = self.press(form, "Continue").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        Form::with_button(&answer.html(), SEND)
    }

    /// From the form to the reference.
    pub async fn sent(&self, form: &Form) -> String {
        let check = self.checked(form).await;
        reference(&self.press(&check, SEND).await)
    }

    /// Hands over everything that waits; all emails so far.
    pub async fn emails(&self) -> Vec<Email> {
        let now = Timestamp::from_millisecond(self.clock.load(Ordering::SeqCst)).expect("a time");
        let mut worker = self.worker.lock().await;
        while !matches!(worker.step(now).await.expect("a step"), Step::Idle { .. }) {}
        self.mail.accepted()
    }

    pub async fn stored(&self) -> Vec<Stored> {
        let mut conn = self.db.read().await.expect("a reader");
        let rows = sqlx::query_as("SELECT reference, status, suspicion, answers FROM inquiries ORDER BY id");
        rows.fetch_all(&mut *conn).await.expect("rows")
    }

    /// What the practice reads.
    pub fn opened(&self, stored: &Stored) -> Answers {
        let plain = seal::open(&self.key, &stored.reference, &stored.answers).expect("opens");
        serde_json::from_slice(&plain).expect("answers")
    }
}

/// The reference in the address that a sent request leads to.
pub fn reference(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let path = answer.header("location").strip_prefix("/request-consultation/received/");
    path.expect("the received page").to_owned()
}
