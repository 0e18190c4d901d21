//! The pages that are not articles, services or questions: home, about, fees, contact and the rest.

use anyhow::Context;
use askama::Template;
use serde_json::{Value, json};

use super::render::{Layout, Rendered, Site};
use super::{facts, structured_data};
use crate::content::practice::{Person, Practice};
use crate::content::{Article, Page, Service};

pub fn all(site: Site) -> anyhow::Result<Vec<Rendered>> {
    Ok(vec![
        home(site)?,
        about(site)?,
        fees(site)?,
        contact(site)?,
        help_now(site)?,
        text(site, "privacy", false)?,
        text(site, "accessibility", false)?,
        text(site, "browsing-safely", true)?,
    ])
}

/// A page's own words, by the name of their file.
pub fn words<'a>(site: Site<'a>, name: &str) -> anyhow::Result<&'a Page> {
    site.content.pages.get(name).with_context(|| format!("the content has no pages/{name}.md"))
}

/// The frame of a page that stands at the top level.
fn layout<'a>(site: Site<'a>, path: &str, page: &Page, more: Vec<Value>) -> Layout<'a> {
    let mut nodes = vec![structured_data::practice(site)];
    nodes.extend(more);
    Layout::page(site, path, &page.title, &page.description)
        .with_structured_data(structured_data::graph(nodes))
}

#[derive(Template)]
#[template(path = "pages/home.html")]
struct HomePage<'a> {
    layout: Layout<'a>,
    page: &'a Page,
    services: &'a [Service],
    newest: Vec<&'a Article>,
    fees: Vec<facts::FeeRow<'a>>,
}

impl HomePage<'_> {
    /// Whom a visitor would meet, if there is something to say about the person.
    fn introduced(&self) -> Option<&Person> {
        self.layout.practice().people.first().filter(|person| person.about.is_some())
    }
}

fn home(site: Site) -> anyhow::Result<Rendered> {
    let page = words(site, "home")?;
    let nodes = vec![structured_data::practice(site), structured_data::website(site)];
    let home = HomePage {
        layout: Layout::page(site, "/", &page.title, &page.description)
            .with_structured_data(structured_data::graph(nodes)),
        page,
        services: &site.content.services,
        newest: site.content.articles.iter().take(3).collect(),
        fees: facts::fees(site.content),
    };
    Rendered::page("/", &home)
}

#[derive(Template)]
#[template(path = "pages/about.html")]
struct AboutPage<'a> {
    layout: Layout<'a>,
    page: &'a Page,
    people: &'a [Person],
}

impl AboutPage<'_> {
    fn anybody_licensed(&self) -> bool {
        self.people.iter().any(|person| !person.licenses.is_empty())
    }

    fn anybody_trained(&self) -> bool {
        self.people.iter().any(|person| !person.training.is_empty())
    }
}

fn about(site: Site) -> anyhow::Result<Rendered> {
    let page = words(site, "about")?;
    let people = &site.content.practice.people;
    let mut nodes: Vec<Value> = Vec::new();
    if let Some(first) = people.first() {
        let mut profile =
            structured_data::page(site, "ProfilePage", "/about", &page.title, &page.description);
        profile.insert("mainEntity".into(), json!({ "@id": structured_data::person_id(site, &first.name) }));
        nodes.push(profile.into());
    }
    nodes.extend(people.iter().map(|person| structured_data::person(site, person)));
    Rendered::page("/about", &AboutPage { layout: layout(site, "/about", page, nodes), page, people })
}

#[derive(Template)]
#[template(path = "pages/fees.html")]
struct FeesPage<'a> {
    layout: Layout<'a>,
    page: &'a Page,
    fees: Vec<facts::FeeRow<'a>>,
}

fn fees(site: Site) -> anyhow::Result<Rendered> {
    let page = words(site, "fees")?;
    let fees = facts::fees(site.content);
    Rendered::page("/fees", &FeesPage { layout: layout(site, "/fees", page, Vec::new()), page, fees })
}

#[derive(Template)]
#[template(path = "pages/contact.html")]
struct ContactPage<'a> {
    layout: Layout<'a>,
    page: &'a Page,
    practice: &'a Practice,
}

impl ContactPage<'_> {
    fn hours(&self) -> Vec<(String, String)> {
        facts::hours(self.practice)
    }

    fn has_facts(&self) -> bool {
        let practice = self.practice;
        practice.phone.is_some()
            || practice.email.is_some()
            || practice.address.is_some()
            || !practice.hours.is_empty()
    }
}

fn contact(site: Site) -> anyhow::Result<Rendered> {
    let page = words(site, "contact")?;
    let node = structured_data::page(site, "ContactPage", "/contact", &page.title, &page.description);
    let layout = layout(site, "/contact", page, vec![node.into()]);
    Rendered::page("/contact", &ContactPage { layout, page, practice: &site.content.practice })
}

#[derive(Template)]
#[template(path = "pages/help-now.html")]
struct HelpNowPage<'a> {
    layout: Layout<'a>,
    page: &'a Page,
    crisis: &'a crate::content::practice::Crisis,
}

fn help_now(site: Site) -> anyhow::Result<Rendered> {
    let page = words(site, "help-now")?;
    let layout = layout(site, "/help-now", page, Vec::new()).with_quick_exit(true);
    Rendered::page("/help-now", &HelpNowPage { layout, page, crisis: &site.content.practice.crisis })
}

#[derive(Template)]
#[template(path = "pages/text.html")]
struct TextPage<'a> {
    layout: Layout<'a>,
    page: &'a Page,
}

/// A page that is nothing but its text.
fn text(site: Site, name: &str, quick_exit: bool) -> anyhow::Result<Rendered> {
    let page = words(site, name)?;
    let path = format!("/{name}");
    let layout = layout(site, &path, page, Vec::new()).with_quick_exit(quick_exit);
    Rendered::page(&path, &TextPage { layout, page })
}
