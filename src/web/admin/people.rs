//! `/admin/people`: who may read inquiries, who is invited, and taking somebody out.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};

use super::super::error::Fault;
use super::super::{Web, form, render};
use super::desk_of;
use super::fields::Fields;
use super::gate::Staff;
use super::layout::{AdminLayout, notice};
use super::refusal::Refusal;
use crate::staff::invitation::{self, Invitation};
use crate::staff::own_account::{Again, prove_again};
use crate::staff::people::{self, Disabled, Person};

#[derive(Template)]
#[template(path = "admin/people.html")]
struct PeoplePage<'a> {
    layout: AdminLayout<'a>,
    refusal: Refusal,
    me: i64,
    people: Vec<Person>,
    invitations: Vec<Invitation>,
    typed_name: &'a str,
    email: &'a str,
}

impl PeoplePage<'_> {
    fn name_of(&self, id: &i64) -> &str {
        self.people.iter().find(|person| person.id == *id).map_or("", |person| &person.name)
    }
}

/// The list, and the form that invites.
pub async fn index(State(web): State<Arc<Web>>, staff: Staff, uri: Uri) -> Result<Response, Fault> {
    list(&web, &staff, notice(uri.query()), Refusal::default(), ["", ""]).await
}

#[derive(Template)]
#[template(path = "admin/invited.html")]
struct InvitedPage<'a> {
    layout: AdminLayout<'a>,
    invited: &'a str,
    code: String,
    base_url: &'a str,
}

/// Invites somebody, after the password was shown again, and shows the code this one time.
pub async fn invite(State(web): State<Arc<Web>>, staff: Staff, fields: Fields) -> Result<Response, Fault> {
    let (name, email) = (fields.value("name"), fields.value("email"));
    if let Some(refusal) = doubted(&web, &staff, &fields).await? {
        return list(&web, &staff, None, refusal, [name, email]).await;
    }
    let mut write = desk_of(&web)?.db.begin().await?;
    let now = web.now().as_millisecond();
    let invited = invitation::invite(&mut write, staff.by(), &staff, email, name, now).await?;
    let code = match invited {
        Ok(code) => code.to_string(),
        Err(problem) => {
            drop(write);
            return list(&web, &staff, None, Refusal::of(problem, "password"), [name, email]).await;
        }
    };
    write.commit().await?;
    let snapshot = web.current.load();
    let layout = AdminLayout::new(&snapshot, &staff, "/admin/people", "Invitation");
    Ok(render::html(&InvitedPage { layout, invited: name, code, base_url: &web.settings.base_url }))
}

/// Takes an invitation back.
pub async fn withdraw(State(web): State<Arc<Web>>, staff: Staff, fields: Fields) -> Result<Response, Fault> {
    let mut write = desk_of(&web)?.db.begin().await?;
    let id = fields.number("id").unwrap_or_default();
    let gone = invitation::withdraw(&mut write, staff.by(), id, web.now().as_millisecond()).await?;
    write.commit().await?;
    Ok(Redirect::to(if gone { "/admin/people?done=withdrawn" } else { "/admin/people?done=gone" })
        .into_response())
}

#[derive(Template)]
#[template(path = "admin/disable.html")]
struct DisablePage<'a> {
    layout: AdminLayout<'a>,
    refusal: Refusal,
    person: Person,
}

/// Asks once more before an account is taken out of service.
pub async fn confirm(State(web): State<Arc<Web>>, staff: Staff, uri: Uri) -> Result<Response, Fault> {
    let id = form::in_query(uri.query(), "id").and_then(|id| id.parse().ok());
    confirmation(&web, &staff, id, Refusal::default()).await
}

/// Takes an account out of service, after the password was shown again.
pub async fn disable(State(web): State<Arc<Web>>, staff: Staff, fields: Fields) -> Result<Response, Fault> {
    if let Some(refusal) = doubted(&web, &staff, &fields).await? {
        return confirmation(&web, &staff, fields.number("id"), refusal).await;
    }
    let mut write = desk_of(&web)?.db.begin().await?;
    let id = fields.number("id").unwrap_or_default();
    let disabled = people::disable(&mut write, staff.by(), id, web.now().as_millisecond()).await?;
    write.commit().await?;
    let word = match disabled {
        Disabled::Done => "disabled",
        Disabled::LastActive => "last",
        Disabled::NotThere => "gone",
    };
    Ok(Redirect::to(&format!("/admin/people?done={word}")).into_response())
}

/// Why the password that was shown again is not enough, if it is not.
pub(super) async fn doubted(web: &Web, staff: &Staff, fields: &Fields) -> Result<Option<Refusal>, Fault> {
    let desk = desk_of(web)?;
    let (password, now) = (fields.value("password"), web.now().as_millisecond());
    Ok(match prove_again(&desk.db, &desk.door, &staff.person, password, staff.by(), now).await? {
        Again::Right => None,
        Again::Wrong => Some(Refusal::new("password", "This is not your password.")),
        Again::Wait { until } => Some(Refusal::wait(web, until)),
    })
}

async fn list(
    web: &Web,
    staff: &Staff,
    done: Option<&'static str>,
    refusal: Refusal,
    [typed_name, email]: [&str; 2],
) -> Result<Response, Fault> {
    let mut conn = desk_of(web)?.db.read().await?;
    let people = people::list(&mut conn).await?;
    let invitations = invitation::list(&mut conn, web.now().as_millisecond()).await?;
    drop(conn);
    let snapshot = web.current.load();
    let layout = AdminLayout::new(&snapshot, staff, "/admin/people", "People");
    let layout = layout.with_notice(done).with_error(refusal.is_some());
    let me = staff.person.id;
    let page = PeoplePage { layout, refusal, me, people, invitations, typed_name, email };
    Ok(page.refusal.answer(render::html(&page)))
}

async fn confirmation(
    web: &Web,
    staff: &Staff,
    id: Option<i64>,
    refusal: Refusal,
) -> Result<Response, Fault> {
    let people = people::list(&mut *desk_of(web)?.db.read().await?).await?;
    let found = people.into_iter().find(|person| Some(person.id) == id && person.disabled_at.is_none());
    let Some(person) = found else { return Ok(StatusCode::NOT_FOUND.into_response()) };
    let snapshot = web.current.load();
    let layout = AdminLayout::new(&snapshot, staff, "/admin/people", "Disable an account");
    let layout = layout.with_error(refusal.is_some());
    let page = DisablePage { layout, refusal, person };
    Ok(page.refusal.answer(render::html(&page)))
}
