//! `/articles`, a page for each article, and one for each topic.

use askama::Template;
use jiff::civil::Date;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::pages::words;
use super::render::{Layout, Rendered, Site};
use super::structured_data;
use crate::content::practice::Person;
use crate::content::{Article, Page, Topic};

pub fn all(site: Site) -> anyhow::Result<Vec<Rendered>> {
    let mut all = vec![index(site)?];
    for article in &site.content.articles {
        all.push(show(site, article)?);
    }
    for (topic, articles) in site.content.topics() {
        all.push(about(site, topic, articles)?);
    }
    Ok(all)
}

/// When the text last changed or was last found right.
pub fn modified(article: &Article) -> Date {
    [article.reviewed, article.updated].into_iter().flatten().fold(article.published, Date::max)
}

#[derive(Template)]
#[template(path = "articles/index.html")]
struct IndexPage<'a> {
    layout: Layout<'a>,
    page: &'a Page,
    articles: Vec<&'a Article>,
    topics: Vec<&'a Topic>,
}

fn index(site: Site) -> anyhow::Result<Rendered> {
    let page = words(site, "articles")?;
    let graph = structured_data::graph(vec![structured_data::practice(site)]);
    let layout = Layout::page(site, "/articles", &page.title, &page.description).with_structured_data(graph);
    let articles = site.content.articles.iter().collect();
    let topics = site.content.topics().into_iter().map(|(topic, _)| topic).collect();
    Rendered::page("/articles", &IndexPage { layout, page, articles, topics })
}

#[derive(Template)]
#[template(path = "articles/topic.html")]
struct TopicPage<'a> {
    layout: Layout<'a>,
    topic: &'a Topic,
    articles: Vec<&'a Article>,
}

/// The articles about one topic.
fn about<'a>(site: Site<'a>, topic: &'a Topic, articles: Vec<&'a Article>) -> anyhow::Result<Rendered> {
    let path = format!("/articles/topics/{}", topic.slug);
    let title = &words(site, "articles")?.title;
    let name = &site.content.practice.name;
    let description =
        format!("Articles about {} in plain language, from {name}. Newest first.", topic.name.to_lowercase());
    let nodes = vec![
        structured_data::practice(site),
        structured_data::breadcrumbs(site, &[(title, "/articles"), (&topic.name, &path)]),
    ];
    let layout = Layout::page(site, &path, &topic.name, &description)
        .below(title, "/articles")
        .with_structured_data(structured_data::graph(nodes));
    Rendered::page(&path, &TopicPage { layout, topic, articles })
}

#[derive(Template)]
#[template(path = "articles/show.html")]
struct ShowPage<'a> {
    layout: Layout<'a>,
    article: &'a Article,
    author: &'a Person,
    related: Vec<&'a Article>,
    newer: Option<&'a Article>,
    older: Option<&'a Article>,
}

impl ShowPage<'_> {
    /// Short texts need no list of contents.
    fn has_contents(&self) -> bool {
        self.article.body.sections.len() >= 4
    }

    /// A year after the last one, such as `May 2026`. A review that is late is the practice's concern, not the reader's.
    fn next_review(&self) -> Option<String> {
        let next = self.article.next_review()?;
        (next >= self.layout.site.today).then(|| next.strftime("%B %Y").to_string())
    }

    /// Opens the reader's own mail program; the site itself writes to nobody.
    fn mail_link(&self) -> String {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        format!("mailto:?subject={}&body={}", encoded(&self.article.title), encoded(&self.layout.canonical()))
    }
}

fn show(site: Site, article: &Article) -> anyhow::Result<Rendered> {
    let path = format!("/articles/{}", article.slug);
    let author = site.content.author(article);
    let index = &words(site, "articles")?.title;
    let layout = Layout::page(site, &path, &article.title, &article.summary)
        .below(index, "/articles")
        .with_published(structured_data::moment(site, article.published))
        .with_structured_data(graph(site, article, index));
    let (older, newer) = site.content.neighbours(article);
    let related = site.content.related(article);
    Rendered::page(&path, &ShowPage { layout, article, author, related, newer, older })
}

fn graph(site: Site, article: &Article, index: &str) -> String {
    let path = format!("/articles/{}", article.slug);
    let trail = [(index, "/articles"), (article.title.as_str(), path.as_str())];
    let mut nodes = vec![structured_data::practice(site), structured_data::breadcrumbs(site, &trail)];
    nodes.extend(structured_data::article(site, article));
    nodes.push(structured_data::person(site, site.content.author(article)));
    let questions = article.body.sections.iter().flat_map(|section| &section.questions);
    nodes.extend(structured_data::questions(site, &path, questions));
    structured_data::graph(nodes)
}
