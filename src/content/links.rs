//! Links inside the site lead somewhere: to a page that people can read, and to a part of it that is there.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::fault::Fault;
use super::texts::Entry;

/// Addresses that no text stands behind.
const MADE: [&str; 7] = [
    "/.well-known/security.txt",
    "/articles/feed.xml",
    "/leave",
    "/request-consultation",
    "/search",
    "/sitemap",
    "/sitemap.xml",
];

/// Ids that are on every page.
const EVERYWHERE: [&str; 1] = ["main"];

/// Where links may lead.
pub struct Targets<'e> {
    texts: BTreeMap<&'e str, &'e Entry>,
    /// Address of a topic, and the day from which an article stands under it.
    topics: &'e BTreeMap<String, Option<Date>>,
    moved: &'e BTreeMap<String, String>,
    today: Date,
}

impl<'e> Targets<'e> {
    pub fn new(
        entries: &'e [Entry],
        topics: &'e BTreeMap<String, Option<Date>>,
        moved: &'e BTreeMap<String, String>,
        today: Date,
    ) -> Self {
        let texts = entries.iter().map(|entry| (entry.address.as_str(), entry)).collect();
        Self { texts, topics, moved, today }
    }

    /// One fault for each link of a text that leads nowhere.
    pub fn check(&self, entry: &Entry) -> Vec<Fault> {
        let fault = |line, message| Fault { file: entry.file.clone(), line, message };
        let found =
            entry.links.iter().filter_map(|link| Some(fault(link.line, self.trouble(entry, &link.url)?)));
        found.collect()
    }

    /// What is wrong with a link, in words.
    fn trouble(&self, from: &Entry, url: &str) -> Option<String> {
        let is_page = url.starts_with('/') && !url.starts_with("//");
        if !is_page && !url.starts_with('#') {
            let known = ["https://", "http://", "mailto:", "tel:", "sms:"];
            let is_known = known.iter().any(|scheme| url.len() > scheme.len() && url.starts_with(scheme));
            return (!is_known).then(|| {
                format!(
                    "The link {url} leads nowhere. Begin with / for a page here, https:// for one elsewhere."
                )
            });
        }
        let (address, anchor) = url.split_once('#').unwrap_or((url, ""));
        let address = address.split_once('?').map_or(address, |(address, _)| address);
        if address.is_empty() || address == from.address {
            return missing_anchor(from, anchor);
        }
        let Some(target) = self.texts.get(address) else {
            return self.trouble_without_text(from, address, anchor);
        };
        if self.is_hidden(target.public_from, from) {
            return Some(format!("The link to {address} leads to an article that people can't read then."));
        }
        missing_anchor(target, anchor)
    }

    fn trouble_without_text(&self, from: &Entry, address: &str, anchor: &str) -> Option<String> {
        if let Some(new) = self.moved.get(address) {
            return Some(format!("{address} has moved. Link to {new}"));
        }
        let is_there = match self.topics.get(address) {
            Some(public_from) => !self.is_hidden(*public_from, from),
            None => MADE.contains(&address),
        };
        match (is_there, anchor) {
            (false, _) => Some(format!("There is no page {address}.")),
            (true, "") => None,
            (true, anchor) => Some(format!("{address} has no part called #{anchor}.")),
        }
    }

    /// Something can be linked to once it is as public as the text that links to it.
    fn is_hidden(&self, public_from: Option<Date>, from: &Entry) -> bool {
        match (public_from, from.public_from) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(target), Some(from)) => target > from.max(self.today),
        }
    }
}

fn missing_anchor(target: &Entry, anchor: &str) -> Option<String> {
    let is_there = anchor.is_empty()
        || !target.is_readable
        || EVERYWHERE.contains(&anchor)
        || target.anchors.contains(anchor);
    (!is_there).then(|| format!("{} has no part called #{anchor}.", target.address))
}

#[cfg(test)]
mod tests {
    use crate::content::fixture::{article, faults, folder, page, put};

    /// What is wrong when the about page holds these words from line 5 on.
    fn about(body: &str) -> Vec<String> {
        let dir = folder();
        put(&dir, "articles/later.md", &article("Later", "").replace("2026-05-01", "2026-05-20"));
        put(&dir, "articles/draft.md", &article("Draft", "draft = true\n"));
        put(&dir, "articles/moved.md", &article("Moved", "moved_from = [\"old\"]\n"));
        put(&dir, "pages/about.md", &page("about", body));
        faults(&dir)
    }

    #[test]
    fn links_that_lead_somewhere_pass() {
        let good = "## Words\n\n[a](/) [a](/fees) [a](#words) [a](/about#words) [a](/faq#cost) [a](/faq#money)
[a](/articles/trust#what-it-is) [a](/articles/topics/trust) [a](/articles/feed.xml) [a](/request-consultation)
[a](/search?q=trust) [a](/leave) [a](/sitemap) [a](/fees#main) [a](https://example.org/x#y) [a](mailto:a@example.org)
[a](tel:5550100199) [a](sms:5550100199) <https://example.org>\n";
        assert_eq!(about(good), Vec::<String>::new());
    }

    #[test]
    fn each_link_that_leads_nowhere_is_a_fault_on_its_line() {
        let bad = "[a](/fee)\n[b](/fees/)\n[c](/faq#costs)\n[d](#nothing)\n[e](services/therapy)
[f](javascript:alert(1))\n[g](/articles/later)\n[h](/articles/draft)\n[i](/articles/old)
[j](/articles/topics/thrust)\n[k](//example.org)\n[l](/search#x)\n[m](/admin)\n";
        let begin = "Begin with / for a page here, https:// for one elsewhere.";
        let expected = [
            "5: There is no page /fee.".to_owned(),
            "6: There is no page /fees/.".to_owned(),
            "7: /faq has no part called #costs.".to_owned(),
            "8: /about has no part called #nothing.".to_owned(),
            format!("9: The link services/therapy leads nowhere. {begin}"),
            format!("10: The link javascript:alert(1) leads nowhere. {begin}"),
            "11: The link to /articles/later leads to an article that people can't read then.".to_owned(),
            "12: The link to /articles/draft leads to an article that people can't read then.".to_owned(),
            "13: /articles/old has moved. Link to /articles/moved".to_owned(),
            "14: There is no page /articles/topics/thrust.".to_owned(),
            format!("15: The link //example.org leads nowhere. {begin}"),
            "16: /search has no part called #x.".to_owned(),
            "17: There is no page /admin.".to_owned(),
        ];
        assert_eq!(about(bad), expected.map(|fault| format!("content/pages/about.md:{fault}")));
    }

    #[test]
    fn an_article_may_link_to_one_that_is_published_no_later() {
        let dir = folder();
        let later = |title: &str, more: &str| article(title, more).replace("2026-05-01", "2026-05-20");
        put(&dir, "articles/one.md", &later("One", "").replace("Words.", "[Two](/articles/two)"));
        put(&dir, "articles/two.md", &later("Two", "").replace("Words.", "[One](/articles/one)"));
        put(
            &dir,
            "articles/draft.md",
            &article("Three", "draft = true\n").replace("Words.", "[Two](/articles/two)"),
        );
        assert_eq!(faults(&dir), Vec::<String>::new());
    }
}
