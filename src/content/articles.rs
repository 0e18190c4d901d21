//! What pages ask of articles: how long, how fresh, what comes next to them.

use jiff::ToSpan;
use jiff::civil::Date;

use super::practice::Person;
use super::{Article, Content, Service, Topic};

const WORDS_A_MINUTE: usize = 230;
const MOST_RELATED: usize = 3;

impl Article {
    /// Reading time, at least one minute.
    pub fn minutes(&self) -> usize {
        ((self.body.words + WORDS_A_MINUTE / 2) / WORDS_A_MINUTE).max(1)
    }

    /// A year after somebody of the practice last read it through. `None` where nobody has.
    pub fn next_review(&self) -> Option<Date> {
        self.reviewed.map(|date| date.saturating_add(12.months()))
    }

    /// Only where it tells more than the review does.
    pub fn shows_updated(&self) -> bool {
        self.updated.is_some_and(|updated| updated > self.reviewed.unwrap_or(self.published))
    }
}

impl Content {
    pub fn article(&self, slug: &str) -> Option<&Article> {
        self.articles.iter().find(|article| article.slug == slug)
    }

    pub fn service(&self, slug: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.slug == slug)
    }

    /// Up to three: those chosen by hand that people can read, else the newest on the same topic.
    pub fn related(&self, article: &Article) -> Vec<&Article> {
        let chosen = self.by_slug(&article.related);
        if !chosen.is_empty() {
            return chosen;
        }
        let others =
            self.articles.iter().filter(|other| other.slug != article.slug && other.topic == article.topic);
        others.take(MOST_RELATED).collect()
    }

    /// Up to three of those chosen for a service.
    pub fn related_to_service(&self, service: &Service) -> Vec<&Article> {
        self.by_slug(&service.related)
    }

    fn by_slug(&self, slugs: &[String]) -> Vec<&Article> {
        slugs.iter().filter_map(|slug| self.article(slug)).take(MOST_RELATED).collect()
    }

    /// Every topic that has an article, by name, with its articles, newest first.
    pub fn topics(&self) -> Vec<(&Topic, Vec<&Article>)> {
        let mut topics: Vec<&Topic> = self.articles.iter().map(|article| &article.topic).collect();
        topics.sort_by(|a, b| a.name.cmp(&b.name));
        topics.dedup();
        let on = |topic: &Topic| self.articles.iter().filter(|article| article.topic == *topic).collect();
        topics.into_iter().map(|topic| (topic, on(topic))).collect()
    }

    /// The article published before this one and the one published after it.
    pub fn neighbours(&self, article: &Article) -> (Option<&Article>, Option<&Article>) {
        let Some(at) = self.articles.iter().position(|other| other.slug == article.slug) else {
            return (None, None);
        };
        (self.articles.get(at + 1), at.checked_sub(1).and_then(|newer| self.articles.get(newer)))
    }

    /// # Panics
    /// Never for an article of this content: `load` lets no unknown author pass.
    pub fn author(&self, article: &Article) -> &Person {
        let people = &self.practice.people;
        people.iter().find(|person| person.name == article.author).expect("load checks the authors")
    }
}

#[cfg(test)]
mod tests {
    use crate::content::photos::Photos;
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::content::{Page, Practice, Prose};

    fn article(slug: &str, topic: &str, published: &str) -> Article {
        Article {
            slug: slug.into(),
            title: slug.into(),
            summary: String::new(),
            topic: Topic { slug: topic.to_lowercase(), name: topic.into() },
            author: "Ada Example".into(),
            published: day(published),
            reviewed: None,
            updated: None,
            related: Vec::new(),
            medical: false,
            body: Prose::default(),
        }
    }

    fn day(date: &str) -> Date {
        date.parse().expect("a date")
    }

    fn content(articles: Vec<Article>) -> Content {
        let body = Prose::default();
        let faq = Page {
            title: String::new(),
            heading: String::new(),
            description: String::new(),
            lead: None,
            updated: None,
            body,
        };
        Content {
            practice: Practice::bare("Elm Street Practice", "America/New_York"),
            pages: BTreeMap::new(),
            services: Vec::new(),
            articles,
            faq,
            moved: BTreeMap::new(),
            withdrawn: BTreeSet::new(),
            photos: Photos::default(),
        }
    }

    fn slugs(articles: &[&Article]) -> Vec<String> {
        articles.iter().map(|article| article.slug.clone()).collect()
    }

    #[test]
    fn reading_takes_at_least_a_minute_and_is_rounded() {
        let mut text = article("a", "Trust", "2026-01-01");
        for (words, minutes) in [(0, 1), (344, 1), (345, 2), (1300, 6)] {
            text.body.words = words;
            assert_eq!(text.minutes(), minutes, "{words} words");
        }
    }

    #[test]
    fn a_review_is_due_after_a_year_even_from_a_leap_day() {
        let mut text = article("a", "Trust", "2024-01-01");
        assert_eq!(text.next_review(), None);
        text.reviewed = Some(day("2024-02-29"));
        assert_eq!(text.next_review(), Some(day("2025-02-28")));
    }

    #[test]
    fn an_update_shows_only_when_it_is_later_than_the_review() {
        let mut text = article("a", "Trust", "2026-01-01");
        text.updated = Some(day("2026-02-01"));
        assert!(text.shows_updated());
        text.reviewed = Some(day("2026-02-01"));
        assert!(!text.shows_updated());
    }

    #[test]
    fn related_articles_are_chosen_by_hand_else_by_topic() {
        let mut articles: Vec<Article> =
            (1..=6).rev().map(|n| article(&format!("a{n}"), "Trust", &format!("2026-01-0{n}"))).collect();
        articles.push(article("other", "Sleep", "2026-01-01"));
        articles[0].related = vec!["other".into(), "not-published-yet".into()];
        let content = content(articles);
        assert_eq!(slugs(&content.related(&content.articles[0])), ["other"]);
        assert_eq!(slugs(&content.related(&content.articles[2])), ["a6", "a5", "a3"]);
    }

    #[test]
    fn topics_come_by_name_with_their_articles_newest_first() {
        let texts =
            [("a", "Trust", "2026-03-01"), ("b", "Sleep", "2026-02-01"), ("c", "Trust", "2026-01-01")];
        let content = content(texts.map(|(slug, topic, date)| article(slug, topic, date)).to_vec());
        let topics = content.topics();
        assert_eq!(
            topics.iter().map(|(topic, _)| topic.name.as_str()).collect::<Vec<_>>(),
            ["Sleep", "Trust"]
        );
        assert_eq!(slugs(&topics[1].1), ["a", "c"]);
    }

    #[test]
    fn neighbours_are_the_older_and_the_newer_article() {
        let texts =
            [("new", "Trust", "2026-03-01"), ("mid", "Trust", "2026-02-01"), ("old", "Trust", "2026-01-01")];
        let content = content(texts.map(|(slug, topic, date)| article(slug, topic, date)).to_vec());
        let names = |at: usize| {
            let (older, newer) = content.neighbours(&content.articles[at]);
            (older.map(|text| text.slug.as_str()), newer.map(|text| text.slug.as_str()))
        };
        assert_eq!(names(0), (Some("mid"), None));
        assert_eq!(names(1), (Some("old"), Some("new")));
        assert_eq!(names(2), (None, Some("mid")));
    }
}
