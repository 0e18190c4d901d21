//! The request for a consultation, step by step: the form, the check page, the sending, the page that says it arrived.
//!
//! The answers travel in the forms themselves, so nobody needs a cookie; every refusal shows them again.

mod check_page;
mod form_page;
mod other_pages;

use std::net::IpAddr;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::{SignedDuration, Timestamp};

use super::error::Fault;
use super::snapshot::Snapshot;
use super::{Desk, Web, client, form};
use crate::inquiry::check::Fitting;
use crate::inquiry::senders::TooMany;
use crate::inquiry::suspicion::FASTEST;
use crate::inquiry::{
    Checked, Draft, Promise, Reference, Submission, Suspicion, TokenAge, check as checked, store,
};
use check_page::Again;

/// The empty form.
pub async fn show(State(web): State<Arc<Web>>, headers: HeaderMap) -> Result<Response, Fault> {
    let snapshot = web.current.load();
    // Who has typed already is told when sending; who has not should not begin.
    let Some(desk) = web.desk().filter(|desk| desk.db.trouble().is_none()) else {
        return Ok(other_pages::unavailable(&snapshot, &Draft::default()));
    };
    let draft = Draft { token: desk.tokens.issue(web.now())?, ..Draft::default() };
    Ok(form_page::empty(&snapshot, &draft, &headers))
}

/// The form with everything that was typed, for changing an answer.
pub async fn change(State(web): State<Arc<Web>>, request: Request) -> Result<Response, Response> {
    let step = Step::read(web, request).await?.with_token()?;
    Ok(form_page::show(&step.snapshot, &step.draft))
}

/// The form with its problems, or the answers shown back.
pub async fn check(State(web): State<Arc<Web>>, request: Request) -> Result<Response, Response> {
    let step = Step::read(web, request).await?.with_token()?;
    let fitting = step.checked()?;
    Ok(step.shown_back(&fitting, None))
}

/// Somebody came by link or went back: the form is where it begins.
pub async fn begin() -> Redirect {
    Redirect::to("/request-consultation")
}

/// Checks once more, stores, and says so.
pub async fn send(State(web): State<Arc<Web>>, request: Request) -> Result<Response, Response> {
    // In a task of its own: who closes the page after sending is stored and counted all the same.
    let storing = tokio::spawn(async move {
        let address = client::address(&request, &web.settings.trusted_proxies);
        let address = address.filter(|_| web.settings.rate_limit);
        let step = Step::read(web, request).await?;
        let fitting = step.checked()?;
        step.store(fitting, address).await.map_err(Fault::into_response)
    });
    storing.await.unwrap_or_else(|_| Err(Fault::from(anyhow!("storing a request panicked")).into_response()))
}

/// The same page for any reference that could be one. Only within the hour it names the day: a reference is no secret.
pub async fn received(State(web): State<Arc<Web>>, Path(reference): Path<String>) -> Response {
    let Ok(reference) = reference.parse::<Reference>() else { return StatusCode::NOT_FOUND.into_response() };
    let recent = promise(&web, &reference).await.unwrap_or_else(|error| {
        // The request is stored; that the day can't be named is no reason to frighten anybody.
        tracing::error!("a promise could not be read: {error:#}");
        None
    });
    other_pages::received(&web.current.load(), &reference, recent)
}

/// What was promised to a sender of the last hour.
async fn promise(web: &Web, reference: &Reference) -> anyhow::Result<Option<Promise>> {
    let Some(desk) = web.desk() else { return Ok(None) };
    let promise = store::promise(&mut *desk.db.read().await?, reference).await?;
    let hour = SignedDuration::from_hours(1);
    Ok(promise.filter(|promise| web.now().duration_since(promise.received).abs() < hour))
}

/// What each step of the form has at hand.
struct Step {
    web: Arc<Web>,
    snapshot: Arc<Snapshot>,
    draft: Draft,
    now: Timestamp,
}

impl Step {
    /// Reads what was posted. The error is an answer: the body was no form, or nothing can be stored at the moment.
    async fn read(web: Arc<Web>, request: Request) -> Result<Self, Response> {
        let snapshot = web.current.load_full();
        let posted = form::posted(request).await.map_err(StatusCode::into_response)?;
        let draft = Draft::from_posted(posted);
        if web.desk().is_none() {
            return Err(other_pages::unavailable(&snapshot, &draft));
        }
        let now = web.now();
        Ok(Self { web, snapshot, draft, now })
    }

    /// Where the token got lost, a new one takes its place. `store` asks to look again instead: without a token, sending
    /// twice would store twice.
    fn with_token(mut self) -> Result<Self, Response> {
        if self.draft.token.is_empty() {
            self.renew_token().map_err(Fault::into_response)?;
        }
        Ok(self)
    }

    fn desk(&self) -> anyhow::Result<&Desk> {
        self.web.desk().context("the form was read without a desk")
    }

    /// For somebody who has read the form long ago: the new token must not make the next click look too fast.
    fn renew_token(&mut self) -> Result<(), Fault> {
        self.draft.token = self.desk()?.tokens.issue(self.now - FASTEST)?;
        Ok(())
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

    fn shown_back(&self, fitting: &Fitting, again: Option<Again>) -> Response {
        check_page::show(&self.snapshot, &self.draft, fitting, again, self.now)
    }

    /// `address` is where the request came from, where that is counted.
    async fn store(mut self, fitting: Fitting, address: Option<IpAddr>) -> Result<Response, Fault> {
        let TokenAge::Known(age) = self.desk()?.tokens.age(&self.draft.token, self.now) else {
            // Too old or not ours. Nothing is lost: the answers are shown again with a fresh one.
            self.renew_token()?;
            return Ok(self.shown_back(&fitting, Some(Again::TooOld)));
        };
        let desk = self.desk()?;
        let sent_before = match address.map(|address| desk.senders.take(address, self.now)) {
            Some(Err(TooMany)) => {
                return Ok(self.refused(&fitting, Again::TooMany, StatusCode::TOO_MANY_REQUESTS, "600"));
            }
            counted => counted.and_then(Result::ok),
        };
        let practice = &self.snapshot.content().practice;
        let submission = Submission {
            submission_key: fitting.answers.submission_key(self.draft.token.as_bytes())?,
            suspicion: Suspicion::of(&self.draft, age, sent_before),
            promise: Promise::made(self.now, practice),
            answers: fitting.answers.clone(),
        };
        let receipt = desk.intake.submit(submission, practice).await;
        if let Some(address) = address
            && !receipt.as_ref().is_ok_and(|receipt| receipt.is_new)
        {
            // Only what was stored counts: trying again in an outage, or a second click, is nothing to suspect.
            desk.senders.give_back(address, self.now);
        }
        match receipt {
            Ok(receipt) => {
                let address = format!("/request-consultation/received/{}", receipt.reference);
                Ok(Redirect::to(&address).into_response())
            }
            Err(error) => {
                tracing::error!("a request could not be stored: {error:#}");
                Ok(self.refused(&fitting, Again::NotStored, StatusCode::SERVICE_UNAVAILABLE, "60"))
            }
        }
    }

    /// `seconds` to wait until the next try.
    fn refused(
        &self,
        fitting: &Fitting,
        again: Again,
        status: StatusCode,
        seconds: &'static str,
    ) -> Response {
        let wait = [(header::RETRY_AFTER, HeaderValue::from_static(seconds))];
        (status, wait, self.shown_back(fitting, Some(again))).into_response()
    }
}
