//! `/services` and a page for each service.

use askama::Template;

use super::pages::words;
use super::render::{Layout, Rendered, Site};
use super::{facts, structured_data};
use crate::content::practice::Fee;
use crate::content::{Article, Page, Section, Service};

pub fn all(site: Site) -> anyhow::Result<Vec<Rendered>> {
    let mut all = vec![index(site)?];
    for service in &site.content.services {
        all.push(show(site, service)?);
    }
    Ok(all)
}

#[derive(Template)]
#[template(path = "services/index.html")]
struct IndexPage<'a> {
    layout: Layout<'a>,
    page: &'a Page,
    services: &'a [Service],
}

fn index(site: Site) -> anyhow::Result<Rendered> {
    let page = words(site, "services")?;
    let graph = structured_data::graph(vec![structured_data::practice(site)]);
    let layout = Layout::page(site, "/services", &page.title, &page.description).with_structured_data(graph);
    Rendered::page("/services", &IndexPage { layout, page, services: &site.content.services })
}

#[derive(Template)]
#[template(path = "services/show.html")]
struct ShowPage<'a> {
    layout: Layout<'a>,
    service: &'a Service,
    known: Option<&'a Fee>,
    related: Vec<&'a Article>,
}

impl ShowPage<'_> {
    fn before_questions(&self) -> impl Iterator<Item = &Section> {
        self.service.body.sections.iter().filter(|section| section.questions.is_empty())
    }

    fn questions(&self) -> impl Iterator<Item = &Section> {
        self.service.body.sections.iter().filter(|section| !section.questions.is_empty())
    }

    fn minutes(&self) -> Option<u16> {
        self.known.and_then(|fee| fee.minutes)
    }

    fn fee(&self) -> Option<&str> {
        self.known.and_then(|fee| fee.fee.as_deref())
    }

    fn has_facts(&self) -> bool {
        let format = &self.layout.practice().policies.session_format;
        self.minutes().is_some() || self.fee().is_some() || format.is_some()
    }
}

fn show(site: Site, service: &Service) -> anyhow::Result<Rendered> {
    let path = format!("/services/{}", service.slug);
    let index = words(site, "services")?;
    let mut nodes = vec![
        structured_data::practice(site),
        structured_data::breadcrumbs(site, &[(&index.title, "/services"), (&service.title, &path)]),
        structured_data::service(site, service),
    ];
    let questions = service.body.sections.iter().flat_map(|section| &section.questions);
    nodes.extend(structured_data::questions(site, &path, questions));
    let layout = Layout::page(site, &path, &service.title, &service.description)
        .below(&index.title, "/services")
        .with_quick_exit(service.quick_exit)
        .with_structured_data(structured_data::graph(nodes));
    let page = ShowPage {
        layout,
        service,
        known: facts::fee(&site.content.practice, service),
        related: site.content.related_to_service(service),
    };
    Rendered::page(&path, &page)
}
