//! The request for a consultation, step by step: the form, the check page, the sending, the page that says it arrived.
//!
//! The answers travel in the forms themselves, so nobody needs a cookie; every refusal shows them again.

mod check_page;
mod form_page;
mod other_pages;

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;

use super::error::Fault;
use super::snapshot::Snapshot;
use super::{Desk, Web, client, form};
use crate::inquiry::check::Fitting;
use crate::inquiry::senders::MOST_AN_HOUR;
use crate::inquiry::{
    Checked, Draft, Promise, Reference, Submission, Suspicion, TokenAge, check as checked, store,
};
use check_page::Notice;

/// The empty form.
pub async fn show(State(web): State<Arc<Web>>) -> Result<Response, Fault> {
    let snapshot = web.current.load();
    let Some(desk) = &web.desk else { return Ok(other_pages::unavailable(&snapshot)) };
    let draft = Draft { token: desk.tokens.issue(web.now())?, ..Draft::default() };
    Ok(form_page::show(&snapshot, &draft))
}

/// The form with everything that was typed, for changing an answer.
pub async fn change(State(web): State<Arc<Web>>, request: Request) -> Result<Response, Fault> {
    let step = match Step::read(&web, request).await? {
        Ok(step) => step.with_token()?,
        Err(response) => return Ok(response),
    };
    Ok(form_page::show(&step.snapshot, &step.draft))
}

/// The form with its problems, or the answers shown back.
pub async fn check(State(web): State<Arc<Web>>, request: Request) -> Result<Response, Fault> {
    let step = match Step::read(&web, request).await? {
        Ok(step) => step.with_token()?,
        Err(response) => return Ok(response),
    };
    Ok(step.checked().map_or_else(|response| response, |fitting| step.shown_back(&fitting, Notice::None)))
}

/// Somebody came by link or went back: the form is where it begins.
pub async fn check_again() -> Redirect {
    Redirect::to("/request-consultation")
}

/// Checks once more, stores, and says so.
pub async fn send(State(web): State<Arc<Web>>, request: Request) -> Result<Response, Fault> {
    let address =
        client::address(&request, &web.settings.trusted_proxies).filter(|_| web.settings.rate_limit);
    let step = match Step::read(&web, request).await? {
        Ok(step) => step,
        Err(response) => return Ok(response),
    };
    match step.checked() {
        Ok(fitting) => step.store(fitting, address).await,
        Err(response) => Ok(response),
    }
}

/// The same page for any reference that could be one. Only within the hour it names the day: a reference is no secret.
pub async fn received(State(web): State<Arc<Web>>, Path(reference): Path<String>) -> Result<Response, Fault> {
    let Ok(reference) = reference.parse::<Reference>() else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let promise = match &web.desk {
        Some(desk) => store::promise(&mut *desk.db.read().await?, &reference).await?,
        None => None,
    };
    let hour = jiff::SignedDuration::from_hours(1);
    let recent = promise.filter(|promise| web.now().duration_since(promise.received).abs() < hour);
    Ok(other_pages::received(&web.current.load(), &reference, recent))
}

/// What each step of the form has at hand.
struct Step<'a> {
    desk: &'a Desk,
    snapshot: Arc<Snapshot>,
    draft: Draft,
    now: Timestamp,
}

impl<'a> Step<'a> {
    /// The inner error is an answer: the body was no form, or nothing can be stored at the moment.
    async fn read(web: &'a Web, request: Request) -> Result<Result<Self, Response>, Fault> {
        let snapshot = web.current.load_full();
        let draft = match form::posted(request).await {
            Ok(posted) => Draft::from_posted(posted),
            Err(status) => return Ok(Err(status.into_response())),
        };
        let Some(desk) = &web.desk else { return Ok(Err(other_pages::unavailable_with(&snapshot, &draft))) };
        Ok(Ok(Self { desk, snapshot, draft, now: web.now() }))
    }

    /// Where the token got lost, its time begins now. `send` asks to look again instead.
    fn with_token(mut self) -> Result<Self, Fault> {
        if self.draft.token.is_empty() {
            self.draft.token = self.desk.tokens.issue(self.now)?;
        }
        Ok(self)
    }

    /// What can be sent, or the page that says why not.
    fn checked(&self) -> Result<Fitting, Response> {
        match checked(&self.draft, &self.snapshot.content().practice) {
            Checked::Fits(fitting) => Ok(*fitting),
            Checked::NotAFit(reason) => Err(other_pages::not_a_fit(&self.snapshot, &self.draft, reason)),
            Checked::Problems(problems) => {
                Err(form_page::with_problems(&self.snapshot, &self.draft, &problems))
            }
        }
    }

    fn shown_back(&self, fitting: &Fitting, notice: Notice) -> Response {
        check_page::show(&self.snapshot, &self.draft, fitting, notice, self.now)
    }

    /// `address` is where the request came from, where that is counted.
    async fn store(mut self, fitting: Fitting, address: Option<IpAddr>) -> Result<Response, Fault> {
        let TokenAge::Known(age) = self.desk.tokens.age(&self.draft.token, self.now) else {
            // Too old or not ours. Nothing is lost: the answers are shown again with a fresh one.
            self.draft.token = self.desk.tokens.issue(self.now)?;
            return Ok(self.shown_back(&fitting, Notice::OnceMore));
        };
        let sent_before = address.map(|address| self.desk.senders.count(address, self.now));
        if sent_before.is_some_and(|count| count >= MOST_AN_HOUR) {
            return Ok(self.refused(&fitting, StatusCode::TOO_MANY_REQUESTS, Notice::TooMany));
        }
        let practice = &self.snapshot.content().practice;
        let submission = Submission {
            submission_key: fitting.answers.submission_key(self.draft.token.as_bytes())?,
            suspicion: Suspicion::of(&self.draft, age, sent_before),
            promise: Promise::made(self.now, practice),
            answers: fitting.answers.clone(),
        };
        let receipt = match self.desk.intake.submit(submission, practice).await {
            Ok(receipt) => receipt,
            Err(error) => {
                tracing::error!("a request could not be stored: {error:#}");
                return Ok(self.refused(&fitting, StatusCode::SERVICE_UNAVAILABLE, Notice::NotStored));
            }
        };
        if let Some(address) = address.filter(|_| receipt.is_new) {
            self.desk.senders.add(address, self.now);
        }
        Ok(Redirect::to(&format!("/request-consultation/received/{}", receipt.reference)).into_response())
    }

    fn refused(&self, fitting: &Fitting, status: StatusCode, notice: Notice) -> Response {
        let seconds = if notice == Notice::TooMany { "600" } else { "60" };
        let wait = [(header::RETRY_AFTER, HeaderValue::from_static(seconds))];
        (status, wait, self.shown_back(fitting, notice)).into_response()
    }
}
