//! What search engines read about the practice, as JSON-LD: one graph for each page.
//!
//! Says only what is set. A property left out is right; a made-up one would be a false statement about a health provider.

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::render::{Site, absolute};
use crate::content::practice::{Person, Practice, Weekday};
use crate::content::{Article, Question, Service};

/// The graph of one page, safe inside a `script` element.
pub fn graph(nodes: Vec<Value>) -> String {
    let graph = json!({ "@context": "https://schema.org", "@graph": nodes });
    // "</script>" in a text must not end the element; JSON reads \u003c as the same letter.
    graph.to_string().replace('<', "\\u003c")
}

/// The practice itself, on every page.
pub fn practice(site: Site) -> Value {
    let practice = &site.content.practice;
    // A MedicalBusiness is a place. Until the address is known, the practice is an organization.
    let kind = if practice.address.is_some() { "MedicalBusiness" } else { "MedicalOrganization" };
    let mut node = node(kind, practice_id(site));
    node.insert("name".into(), json!(practice.name));
    node.insert("url".into(), json!(absolute(site.base_url, "/")));
    put(&mut node, "telephone", practice.phone.as_deref());
    put(&mut node, "email", practice.email.as_deref());
    put(&mut node, "image", card(site));
    put(&mut node, "address", address(practice));
    if practice.address.is_none() {
        put(&mut node, "areaServed", area(practice));
    }
    if practice.address.is_some() {
        put(&mut node, "openingHoursSpecification", hours(practice));
        put(&mut node, "priceRange", prices(practice));
    }
    node.into()
}

pub fn website(site: Site) -> Value {
    let mut node = node("WebSite", format!("{}/#site", site.base_url));
    node.insert("url".into(), json!(absolute(site.base_url, "/")));
    node.insert("name".into(), json!(site.content.practice.name));
    node.insert("publisher".into(), json!({ "@id": practice_id(site) }));
    node.into()
}

/// A page by its type, such as `ContactPage`.
pub fn page(site: Site, kind: &str, path: &str, name: &str, description: &str) -> Map<String, Value> {
    let mut node = node(kind, page_id(site, path));
    node.insert("url".into(), json!(absolute(site.base_url, path)));
    node.insert("name".into(), json!(name));
    node.insert("description".into(), json!(description));
    node
}

/// The way down to a page that is deeper than one level: titles and paths from the top.
pub fn breadcrumbs(site: Site, trail: &[(&str, &str)]) -> Value {
    let item = |(position, (name, path)): (usize, &(&str, &str))| json!({ "@type": "ListItem", "position": position + 1, "name": name, "item": absolute(site.base_url, path) });
    let items: Vec<Value> = trail.iter().enumerate().map(item).collect();
    json!({ "@type": "BreadcrumbList", "itemListElement": items })
}

pub fn person(site: Site, person: &Person) -> Value {
    let mut node = node("Person", person_id(site, &person.name));
    node.insert("name".into(), json!(person.name));
    node.insert("url".into(), json!(absolute(site.base_url, "/about")));
    node.insert("worksFor".into(), json!({ "@id": practice_id(site) }));
    put(&mut node, "jobTitle", person.job_title.as_deref());
    let licenses = person.licenses.iter().map(|license| {
        let mut node = Map::new();
        node.insert("@type".into(), json!("EducationalOccupationalCredential"));
        node.insert("credentialCategory".into(), json!("license"));
        node.insert("name".into(), json!(license.title));
        node.insert("identifier".into(), json!(license.number));
        put(&mut node, "url", license.verify_url.as_deref());
        Value::from(node)
    });
    put(&mut node, "hasCredential", some(licenses.collect()));
    put(&mut node, "sameAs", some(person.same_as.iter().map(|url| json!(url)).collect()));
    node.into()
}

pub fn service(site: Site, service: &Service) -> Value {
    let path = format!("/services/{}", service.slug);
    let mut node = node("Service", format!("{}{path}#service", site.base_url));
    node.insert("name".into(), json!(service.title));
    node.insert("description".into(), json!(service.description));
    node.insert("url".into(), json!(absolute(site.base_url, &path)));
    node.insert("provider".into(), json!({ "@id": practice_id(site) }));
    put(&mut node, "areaServed", area(&site.content.practice));
    node.into()
}

/// The page and the article on it.
pub fn article(site: Site, article: &Article) -> [Value; 2] {
    let path = format!("/articles/{}", article.slug);
    let kind = if article.medical { "MedicalWebPage" } else { "WebPage" };
    let author = json!({ "@id": person_id(site, &article.author) });
    let mut page = page(site, kind, &path, &article.title, &article.summary);
    if let Some(reviewed) = article.reviewed {
        page.insert("lastReviewed".into(), json!(reviewed.to_string()));
        page.insert("reviewedBy".into(), author.clone());
    }
    let mut text = node("Article", format!("{}{path}#article", site.base_url));
    text.insert("headline".into(), json!(article.title));
    text.insert("description".into(), json!(article.summary));
    text.insert("author".into(), author);
    text.insert("publisher".into(), json!({ "@id": practice_id(site) }));
    text.insert("datePublished".into(), json!(moment(site, article.published)));
    text.insert("dateModified".into(), json!(moment(site, super::articles::modified(article))));
    text.insert("mainEntityOfPage".into(), json!({ "@id": page_id(site, &path) }));
    put(&mut text, "image", card(site));
    [page.into(), text.into()]
}

/// The questions that stand on a page; nothing where it has none. One that is on the page of questions too is told
/// there alone.
pub fn questions<'q>(site: Site, path: &str, questions: impl Iterator<Item = &'q Question>) -> Option<Value> {
    let entry = |question: &Question| {
        let answer = json!({ "@type": "Answer", "text": question.answer_text });
        json!({ "@type": "Question", "name": question.question, "acceptedAnswer": answer })
    };
    let is_told_there = |question: &Question| {
        let mut told = site.content.faq.body.sections.iter().flat_map(|section| &section.questions);
        path != "/faq" && told.any(|other| other.question == question.question)
    };
    let entries = some(questions.filter(|question| !is_told_there(question)).map(entry).collect())?;
    let mut node = node("FAQPage", format!("{}{path}#questions", site.base_url));
    node.insert("mainEntity".into(), entries);
    Some(node.into())
}

/// Midnight of a day in the practice's time zone, with its offset.
pub fn moment(site: Site, date: Date) -> String {
    match date.to_zoned(site.content.practice.time_zone()) {
        Ok(midnight) => midnight.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        Err(_) => date.to_string(),
    }
}

fn node(kind: &str, id: String) -> Map<String, Value> {
    Map::from_iter([("@type".to_owned(), json!(kind)), ("@id".to_owned(), json!(id))])
}

fn put(node: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        node.insert(name.to_owned(), value.into());
    }
}

fn some(list: Vec<Value>) -> Option<Value> {
    if list.is_empty() { None } else { Some(list.into()) }
}

pub fn practice_id(site: Site) -> String {
    format!("{}/#practice", site.base_url)
}

pub fn person_id(site: Site, name: &str) -> String {
    let first = |name: &str| name.split_whitespace().next().unwrap_or_default().to_lowercase();
    let namesakes =
        site.content.practice.people.iter().filter(|person| first(&person.name) == first(name)).count();
    let id = if namesakes > 1 { name.to_lowercase().replace(' ', "-") } else { first(name) };
    format!("{}/#{id}", site.base_url)
}

fn page_id(site: Site, path: &str) -> String {
    format!("{}{path}#page", site.base_url)
}

fn card(site: Site) -> Option<String> {
    site.assets.url("card.png").map(|path| absolute(site.base_url, path))
}

fn address(practice: &Practice) -> Option<Value> {
    let address = practice.address.as_ref()?;
    Some(json!({
        "@type": "PostalAddress",
        "streetAddress": address.street,
        "addressLocality": address.city,
        "addressRegion": address.state,
        "postalCode": address.postal_code,
        "addressCountry": "US",
    }))
}

fn area(practice: &Practice) -> Option<Value> {
    let state = |(_, name)| json!({ "@type": "State", "name": name });
    some(practice.licensed().into_iter().map(state).collect())
}

fn hours(practice: &Practice) -> Option<Value> {
    let day = |(day, hours): (&Weekday, &crate::content::practice::Hours)| {
        json!({
            "@type": "OpeningHoursSpecification",
            "dayOfWeek": format!("https://schema.org/{day:?}"),
            "opens": hours.open.strftime("%H:%M").to_string(),
            "closes": hours.close.strftime("%H:%M").to_string(),
        })
    };
    some(practice.hours.iter().map(day).collect())
}

fn prices(practice: &Practice) -> Option<String> {
    let mut fees: Vec<&str> = practice.fees.services.iter().filter_map(|fee| fee.fee.as_deref()).collect();
    fees.dedup();
    if fees.is_empty() { None } else { Some(fees.join(", ")) }
}
