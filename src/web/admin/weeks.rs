//! The chart on the page of the day: requests and reply times by week, drawn as SVG, with a table that says the same.
//!
//! Everything is an attribute of the drawing, because the policy of the site allows no inline style, and drawn in the
//! color of the text, so that dark and forced colors need no rule of their own.

use jiff::SignedDuration;

use crate::inquiry::weeks::{Week, Weeks};

/// One week takes this much room; everything here is in units of the drawing.
const SLOT: usize = 52;
const BAR: usize = 30;
/// The longest bar.
const TALLEST: usize = 70;
const LEFT: usize = 4;
/// Where the bars of requests stand, and below them those of reply times.
const REQUESTS: usize = 110;
const REPLIES: usize = 230;

/// What the template draws.
pub struct Chart {
    pub summary: String,
    pub columns: Vec<Column>,
    pub width: usize,
    pub height: usize,
    pub requests_line: usize,
    pub replies_line: usize,
}

/// One week.
pub struct Column {
    /// `Nov 16`
    pub monday: String,
    pub requests: usize,
    pub answered: usize,
    /// In words; blank where nobody was answered.
    pub wait: String,
    pub middle: usize,
    pub left: usize,
    pub bar: usize,
    pub requests_top: usize,
    pub requests_height: usize,
    pub wait_top: usize,
    pub wait_height: usize,
}

impl Chart {
    /// Nothing where no request came in within these weeks.
    pub fn new(weeks: &Weeks) -> Option<Self> {
        let most = weeks.weeks.iter().map(|week| week.requests).max().filter(|most| *most > 0)?;
        let longest = weeks.weeks.iter().filter_map(|week| week.median).max().unwrap_or_default();
        let columns: Vec<Column> =
            weeks.weeks.iter().enumerate().map(|(at, week)| column(at, week, most, longest)).collect();
        Some(Self {
            summary: summary(weeks),
            width: 2 * LEFT + SLOT * columns.len(),
            height: REPLIES + 30,
            requests_line: REQUESTS,
            replies_line: REPLIES,
            columns,
        })
    }
}

fn column(at: usize, week: &Week, most: usize, longest: SignedDuration) -> Column {
    let left = LEFT + at * SLOT + (SLOT - BAR) / 2;
    let requests_height = week.requests * TALLEST / most;
    let share = week.median.map(|wait| wait.as_secs_f64() / longest.as_secs_f64().max(1.0));
    // A short wait is still a bar.
    let wait_height = share.map_or(0, |share| ((share * TALLEST as f64) as usize).max(2));
    Column {
        monday: week.monday.strftime("%b %-d").to_string(),
        requests: week.requests,
        answered: week.answered,
        wait: week.median.map(in_words).unwrap_or_default(),
        middle: left + BAR / 2,
        left,
        bar: BAR,
        requests_top: REQUESTS - requests_height,
        requests_height,
        wait_top: REPLIES - wait_height,
        wait_height,
    }
}

fn summary(weeks: &Weeks) -> String {
    let total = |of: fn(&Week) -> usize| weeks.weeks.iter().map(of).sum::<usize>();
    let (requests, answered) = (total(|week| week.requests), total(|week| week.answered));
    let came = format!("{} in {} weeks.", counted(requests, "request"), weeks.weeks.len());
    match (answered, weeks.median.map(in_words)) {
        (_, None) => format!("{came} None of them has an answer yet."),
        (1, Some(wait)) => format!("{came} 1 of them has an answer, after {wait}."),
        (_, Some(wait)) => format!("{came} {answered} of them have an answer, half of these within {wait}."),
    }
}

fn counted(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

/// `42 min`, `5 h`, `3 days`: rounded, as nobody needs it finer.
fn in_words(wait: SignedDuration) -> String {
    let minutes = (wait.as_secs() + 30) / 60;
    match minutes {
        ..60 => format!("{} min", minutes.max(1)),
        60..2_880 => format!("{} h", (minutes + 30) / 60),
        _ => format!("{} days", (minutes + 720) / 1_440),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn week(requests: usize, answered: usize, hours: Option<i64>) -> Week {
        let monday = "2026-11-16".parse().expect("a date");
        Week { monday, requests, answered, median: hours.map(SignedDuration::from_hours) }
    }

    #[test]
    fn waits_are_told_as_people_say_them() {
        let words = |minutes| in_words(SignedDuration::from_mins(minutes));
        let told: Vec<String> = [0, 42, 59, 60, 89, 90, 47 * 60, 48 * 60, 100 * 60].map(words).into();
        assert_eq!(told, ["1 min", "42 min", "59 min", "1 h", "1 h", "2 h", "47 h", "2 days", "4 days"]);
    }

    #[test]
    fn without_a_request_there_is_no_chart_and_without_an_answer_no_time() {
        let weeks = Weeks { weeks: vec![week(0, 0, None), week(0, 0, None)], median: None };
        assert!(Chart::new(&weeks).is_none());
        let weeks = Weeks { weeks: vec![week(0, 0, None), week(1, 0, None)], median: None };
        let chart = Chart::new(&weeks).expect("a chart");
        assert_eq!(chart.summary, "1 request in 2 weeks. None of them has an answer yet.");
        assert_eq!(chart.columns[1].wait_height, 0);
    }

    #[test]
    fn bars_are_as_tall_as_what_they_stand_for() {
        let weeks = Weeks {
            weeks: vec![week(4, 2, Some(10)), week(2, 2, Some(5)), week(0, 0, None)],
            median: Some(SignedDuration::from_hours(8)),
        };
        let chart = Chart::new(&weeks).expect("a chart");
        let heights: Vec<_> =
            chart.columns.iter().map(|column| (column.requests_height, column.wait_height)).collect();
        assert_eq!(heights, [(TALLEST, TALLEST), (TALLEST / 2, TALLEST / 2), (0, 0)]);
        assert_eq!(
            chart.summary,
            "6 requests in 3 weeks. 4 of them have an answer, half of these within 8 h."
        );
    }
}
