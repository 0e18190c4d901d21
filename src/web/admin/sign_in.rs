//! `/admin/sign-in` and `/admin/sign-out`.
//!
//! Never says which of address, password or code was wrong, and never shows a password again.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::super::error::Fault;
use super::super::security::CLEAR_SITE_DATA;
use super::super::snapshot::Snapshot;
use super::super::{Desk, Web, form as forms, render};
use super::again::{self, Kept};
use super::cookies::Cookie;
use super::desk_of;
use super::fields::Fields;
use super::gate::{Entering, Visitor, note_rarely};
use super::layout::{AdminLayout, notice, spoken};
use super::refusal::Refusal;
use crate::audit::{Actor, By};
use crate::outbox;
use crate::staff::sign_in::{Attempt, SignIn, Welcome, sign_in};
use crate::staff::{people, session};

#[derive(Template)]
#[template(path = "admin/sign_in.html")]
struct SignInPage<'a> {
    layout: AdminLayout<'a>,
    refusal: Refusal,
    email: &'a str,
    next: &'a str,
    kept: Option<&'a Kept>,
}

/// The empty form.
pub async fn form(State(web): State<Arc<Web>>, uri: Uri) -> Result<Response, Fault> {
    let desk = desk_of(&web)?;
    if !people::any(&mut *desk.db.read().await?).await? {
        return Ok(Redirect::to("/admin/setup").into_response());
    }
    let next = forms::in_query(uri.query(), "next").unwrap_or_default();
    let snapshot = web.current.load();
    let layout = layout(&snapshot).with_notice(notice(uri.query()));
    let next = again::safe(&next).unwrap_or_default();
    Ok(render::html(&SignInPage { layout, refusal: Refusal::default(), email: "", next, kept: None }))
}

/// The form for somebody whose session ended as they were typing.
pub fn page_with(snapshot: &Snapshot, kept: &Kept) -> Response {
    let kept = Some(kept);
    render::html(&SignInPage {
        layout: layout(snapshot),
        refusal: Refusal::default(),
        email: "",
        next: "",
        kept,
    })
}

/// Signs in and leads on, or shows the form again.
pub async fn submit(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Fault> {
    let desk = desk_of(&web)?;
    if desk.db.is_damaged() {
        return Ok(once_more(&web, &fields, Refusal::damaged()));
    }
    let attempt = Attempt {
        email: fields.value("email"),
        password: fields.value("password"),
        code: fields.value("code"),
        device_cookie: visitor.device_cookie(),
        device: visitor.device(),
        caller: visitor.caller(),
    };
    let now = web.now().as_millisecond();
    match sign_in(&desk.db, &desk.door, attempt, now).await? {
        SignIn::Welcome(welcome) => {
            end_earlier(desk, &visitor, now).await?;
            welcomed(&web, desk, welcome, &fields).await
        }
        SignIn::Refused => {
            let refusal = Refusal::new("", "Email, password or code does not match.");
            Ok(once_more(&web, &fields, refusal))
        }
        SignIn::Wait { until } => {
            note_rarely(&web, &visitor, "sign-in before the wait was over").await?;
            Ok(once_more(&web, &fields, Refusal::wait(&web, until)))
        }
    }
}

/// A browser has one session: the new one takes the place of what its cookie held before (SEC-08).
async fn end_earlier(desk: &Desk, visitor: &Visitor, now: i64) -> anyhow::Result<()> {
    let Some(cookie) = visitor.session_cookie() else { return Ok(()) };
    let mut write = desk.db.begin().await?;
    if let Some(earlier) = session::find(&mut write, cookie, now).await? {
        let by = By { actor: Actor::Staff(earlier.person.id), ..visitor.caller().by };
        session::end(&mut write, by, earlier.person.id, earlier.id, now).await?;
    }
    Ok(write.commit().await?)
}

/// Ends the session and empties what the browser keeps of it, which alone is enough: nobody else has the cookie, and a
/// session that can't be ended ends by itself.
pub async fn sign_out(State(web): State<Arc<Web>>, entering: Entering) -> Result<Response, Fault> {
    if let Err(error) = end(&web, &entering).await {
        tracing::error!("a session can't be ended: {error:#}");
    }
    Ok(signed_out(&web, "/admin/sign-in?done=signed-out")?)
}

async fn end(web: &Web, entering: &Entering) -> anyhow::Result<()> {
    let mut write = desk_of(web)?.db.begin().await?;
    let now = web.now().as_millisecond();
    session::end(&mut write, entering.by(), entering.person.id, entering.id, now).await?;
    Ok(write.commit().await?)
}

/// The answer that clears the browser (PRV-07) and leads on.
pub fn signed_out(web: &Web, to: &str) -> anyhow::Result<Response> {
    let clear = HeaderValue::from_static("\"cache\", \"cookies\", \"storage\"");
    let clear = [(CLEAR_SITE_DATA, clear)];
    let cookies = [(header::SET_COOKIE, Cookie::Session.taken(&web.settings)?)];
    Ok((clear, cookies, Redirect::to(to)).into_response())
}

/// The answer that gives a browser its cookies; a new browser is announced by email.
pub async fn entered(web: &Web, desk: &Desk, welcome: &Welcome) -> anyhow::Result<HeaderMap> {
    let mut cookies = HeaderMap::new();
    cookies.append(header::SET_COOKIE, Cookie::Session.given(&welcome.cookie, &web.settings)?);
    if let Some(device) = &welcome.new_device {
        cookies.append(header::SET_COOKIE, Cookie::Device.given(device, &web.settings)?);
        // Nobody is kept out because an email can't be stored.
        if let Err(error) = announce(web, desk).await {
            tracing::error!("a new sign-in can't be announced: {error:#}");
        }
    }
    Ok(cookies)
}

async fn welcomed(web: &Web, desk: &Desk, welcome: Welcome, fields: &Fields) -> Result<Response, Fault> {
    let cookies = entered(web, desk, &welcome).await?;
    let next = again::safe(fields.value("next")).unwrap_or("/admin");
    Ok(again::led_on((cookies, Redirect::to(next)), fields, welcome.cookie))
}

#[derive(Template)]
#[template(path = "email/new_sign_in.txt", whitespace = "preserve")]
struct NewSignIn<'a> {
    when: &'a str,
    base_url: &'a str,
}

/// Says that somebody signed in, and where to end it; not who and not from where.
async fn announce(web: &Web, desk: &Desk) -> anyhow::Result<()> {
    let zone = web.current.load().content().practice.time_zone();
    let when = spoken(web.now().as_millisecond(), &zone);
    let text = NewSignIn { when: &when, base_url: &web.settings.base_url }.render()?;
    let mut write = desk.db.begin().await?;
    outbox::enqueue(&mut write, "New sign-in", &text, web.now()).await?;
    write.commit().await?;
    desk.mail.notify_one();
    Ok(())
}

/// The form again with everything typed but the secrets.
fn once_more(web: &Web, fields: &Fields, refusal: Refusal) -> Response {
    let snapshot = web.current.load();
    let kept = Kept::carried(fields);
    let next = again::safe(fields.value("next")).unwrap_or_default();
    let layout = layout(&snapshot).with_error(true);
    let page = SignInPage { layout, refusal, email: fields.value("email"), next, kept: kept.as_ref() };
    page.refusal.answer(render::html(&page))
}

fn layout(snapshot: &Snapshot) -> AdminLayout<'_> {
    AdminLayout::outside(snapshot, "/admin/sign-in", "Sign in")
}
