//! `/admin/recover`: a new password for somebody who has the recovery code. There is no other way, and none by email.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use super::super::error::Fault;
use super::super::{Web, render};
use super::desk_of;
use super::fields::Fields;
use super::gate::Visitor;
use super::layout::AdminLayout;
use super::refusal::Refusal;
use crate::staff::recovery::{Recover, Recovery, recover};

#[derive(Template)]
#[template(path = "admin/recover.html")]
struct RecoverPage<'a> {
    layout: AdminLayout<'a>,
    refusal: Refusal,
    email: &'a str,
}

/// Says what is needed, and asks for it.
pub async fn form(State(web): State<Arc<Web>>) -> Response {
    page(&web, Refusal::default(), "")
}

/// Gives an account a new password; its second factor is set up anew at the next sign-in.
pub async fn submit(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Fault> {
    let desk = desk_of(&web)?;
    if desk.db.is_damaged() {
        return Ok(page(&web, Refusal::damaged(), fields.value("email")));
    }
    let practice = web.current.load_full();
    let typed = Recover {
        code: fields.value("recovery_code"),
        email: fields.value("email"),
        password: fields.value("new_password"),
        practice: &practice.content().practice.name,
    };
    let now = web.now().as_millisecond();
    let refusal = match recover(&desk.db, &desk.door, typed, visitor.caller(), now).await? {
        Recovery::Done { .. } => {
            return Ok(Redirect::to("/admin/sign-in?done=renewed").into_response());
        }
        Recovery::NotACode => {
            Refusal::new("recovery_code", "This is not a whole code: it has 25 letters and digits.")
        }
        Recovery::Refused => Refusal::new("", "Email or recovery code does not match."),
        Recovery::Problem(problem) => Refusal::of(problem, "new_password"),
        Recovery::Wait { until } => Refusal::wait(&web, until),
    };
    Ok(page(&web, refusal, typed.email))
}

fn page(web: &Web, refusal: Refusal, email: &str) -> Response {
    let snapshot = web.current.load();
    let title = "Lost your password?";
    let layout = AdminLayout::outside(&snapshot, "/admin/recover", title).with_error(refusal.is_some());
    let page = RecoverPage { layout, refusal, email };
    page.refusal.answer(render::html(&page))
}
