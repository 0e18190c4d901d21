//! `/admin/log`: the ledger for people to read, whole, by inquiry or by person.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;

use super::super::error::Fault;
use super::super::{Web, form, render};
use super::desk_of;
use super::gate::Staff;
use super::layout::AdminLayout;
use crate::audit::{self, Actor, Outcome, Row, Which};
use crate::inquiry::Reference;
use crate::staff::people::{self, Person};

#[derive(Template)]
#[template(path = "admin/log.html")]
struct LogPage<'a> {
    layout: AdminLayout<'a>,
    rows: Vec<Row>,
    people: Vec<Person>,
    inquiry: String,
    /// What was typed is no reference. It is not shown again, since it may be a name.
    is_unreadable: bool,
    person: Option<i64>,
    page: u32,
    more: bool,
}

/// One page of it, the newest first.
pub async fn index(State(web): State<Arc<Web>>, staff: Staff, uri: Uri) -> Result<Response, Fault> {
    let asked = |name| form::in_query(uri.query(), name).unwrap_or_default();
    let typed = asked("inquiry").trim().to_ascii_uppercase();
    let inquiry = typed.parse::<Reference>().map(|found| found.to_string()).unwrap_or_default();
    let is_unreadable = inquiry.is_empty() && !typed.is_empty();
    let person: Option<i64> = asked("person").parse().ok();
    let page = asked("page").parse().unwrap_or(1).clamp(1, 1_000_000);
    let which = match person {
        _ if !inquiry.is_empty() => Which::Target(&inquiry),
        Some(id) => Which::Actor(Actor::Staff(id)),
        None => Which::All,
    };
    let mut conn = desk_of(&web)?.db.read().await?;
    let listing = audit::list(&mut conn, which, page).await?;
    let people = people::list(&mut conn).await?;
    drop(conn);
    let snapshot = web.current.load();
    let layout = AdminLayout::new(&snapshot, &staff, "/admin/log", "Log");
    let (rows, more) = if is_unreadable { (Vec::new(), false) } else { (listing.rows, listing.more) };
    // A request's rows are those of everybody, so no person is chosen beside it.
    let person = person.filter(|_| inquiry.is_empty());
    Ok(render::html(&LogPage { layout, rows, people, inquiry, is_unreadable, person, page, more }))
}

impl LogPage<'_> {
    fn who(&self, actor: &Actor) -> String {
        match actor {
            Actor::Staff(id) => self.name_of(*id),
            Actor::System => "The site itself".to_owned(),
            Actor::Stranger => "Somebody not signed in".to_owned(),
            Actor::Operator => "Somebody at the server's command line".to_owned(),
        }
    }

    fn name_of(&self, id: i64) -> String {
        let found = self.people.iter().find(|person| person.id == id);
        found.map_or_else(|| format!("Account {id}"), |person| person.name.clone())
    }

    /// The person a row is about, where it is about one.
    fn account(&self, row: &Row) -> Option<String> {
        let id = row.target.as_deref()?.strip_prefix("staff:")?.parse().ok()?;
        Some(self.name_of(id))
    }

    /// The inquiry a row is about.
    fn reference<'r>(&self, row: &'r Row) -> Option<&'r str> {
        row.target.as_deref().filter(|target| target.parse::<Reference>().is_ok())
    }

    /// An event as it reads in a list: its word stands in the table.
    fn words(&self, row: &Row) -> String {
        let mut letters = row.event.chars();
        let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
        first + letters.as_str()
    }

    fn outcome(&self, row: &Row) -> &'static str {
        match row.outcome {
            Outcome::Done => "",
            Outcome::Refused => "refused",
            Outcome::Failed => "failed",
        }
    }

    fn chosen(&self, id: &i64) -> bool {
        self.person == Some(*id)
    }

    /// The address of another page of the same list.
    fn at(&self, page: u32) -> String {
        let person = self.person.map(|id| id.to_string()).unwrap_or_default();
        format!("/admin/log?inquiry={}&person={person}&page={page}", self.inquiry)
    }
}
