//! The log: one line for each event, to standard error, with fields from an allow-list (PRV-04).
//!
//! Never prints what other crates say, since what people typed may be in it, and never a letter as it is that ends a line
//! or steers a terminal, so that nothing can forge one.

use std::fmt::{self, Debug, Write};
use std::io;
use std::panic;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{self as lines, FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, registry};

/// Every field that a line may hold besides its words. Numbers and words of ours; `route` is an address as the program
/// lists it, `reply` a mail server's answer without addresses, `place` a line of our source.
pub const FIELDS: [&str; 12] = [
    "attempt",
    "email",
    "error",
    "joined",
    "method",
    "ms",
    "permanent",
    "place",
    "reply",
    "request",
    "route",
    "status",
];

const OWN: &str = env!("CARGO_CRATE_NAME");

/// Logs to standard error from now on, panics too.
pub fn start(filter: &str) {
    subscriber(filter, io::stderr).init();
    // The message of a panic may quote what somebody typed, so only its place is told.
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a panic");
    }));
}

/// What takes events and writes lines. Whatever the filter asks for, other crates are heard from `warn` on only.
pub fn subscriber<W>(filter: &str, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let heard = filter_fn(|about| is_own(about) || *about.level() <= Level::WARN);
    let lines = lines::layer().event_format(Line).with_ansi(false).with_writer(writer);
    registry().with(EnvFilter::new(filter)).with(heard).with(lines)
}

fn is_own(about: &Metadata<'_>) -> bool {
    about.target().split("::").next() == Some(OWN)
}

/// Time, level, place in the program, words, fields.
struct Line;

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut line: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let about = event.metadata();
        SystemTime.format_time(&mut line)?;
        write!(line, " {:>5} {}: ", about.level(), about.target())?;
        if is_own(about) {
            let mut told = Told::default();
            event.record(&mut told);
            writeln!(line, "{}{}", told.words, told.fields)
        } else {
            writeln!(line, "its words are left out")
        }
    }
}

/// What of an event is printed.
#[derive(Default)]
struct Told {
    words: String,
    fields: String,
}

impl Visit for Told {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.words = plain(&format!("{value:?}"));
        } else {
            let known = FIELDS.contains(&field.name());
            let value = if known { plain(&format!("{value:?}")) } else { "(left out)".to_owned() };
            // Writing into a string can't fail.
            let _ = write!(self.fields, " {}={value}", field.name());
        }
    }
}

/// The same text in one line that shows every letter it is made of.
fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        let hidden = letter.is_control() || "\u{2028}\u{2029}\u{feff}".contains(letter) || turns(letter);
        if hidden { shown.extend(letter.escape_unicode()) } else { shown.push(letter) }
    }
    shown
}

/// Marks that turn the direction of writing.
fn turns(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("whole").extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is written of some events, without the times.
    fn written(filter: &str, events: impl FnOnce()) -> Vec<String> {
        let kept = Kept::default();
        let writer = kept.clone();
        tracing::subscriber::with_default(subscriber(filter, move || writer.clone()), events);
        let text = String::from_utf8(kept.0.lock().expect("whole").clone()).expect("text");
        text.lines().map(|line| line.split_once(' ').expect("a time").1.trim_start().to_owned()).collect()
    }

    #[test]
    fn prv_04_a_line_holds_its_words_and_the_fields_that_are_on_the_list() {
        let request = "K7QF2MAB";
        let lines = written("info", || {
            tracing::error!(%request, attempt = 3, typed = "a secret", "the disk is full");
            tracing::debug!("nobody asked for it");
        });
        let own = "ERROR practice_site::app::log::tests: the disk is full";
        assert_eq!(lines, [format!("{own} request=K7QF2MAB attempt=3 typed=(left out)")]);
    }

    #[test]
    fn prv_04_no_letter_ends_a_line_or_steers_a_terminal() {
        let reply =
            "550 no\r\n2026-11-22T00:00:00Z  INFO practice_site: forged\u{1b}[31m\u{2028}\u{202e}\u{9b}x\0";
        let lines = written("info", || {
            tracing::warn!(reply, "{reply}");
            tracing::warn!(%reply, "again");
        });
        assert_eq!(lines.len(), 2, "{lines:?}");
        for line in lines {
            assert!(line.chars().all(|letter| !letter.is_control() && !turns(letter)), "{line:?}");
            assert!(line.contains("550 no\\") && line.contains("forged"), "{line}");
        }
    }

    #[test]
    fn prv_04_of_other_crates_only_the_place_is_told_and_only_of_warnings() {
        let lines = written("trace,sqlx=trace", || {
            tracing::trace!(target: "hyper::proto", body = "a secret", "a secret");
            tracing::info!(target: "sqlx::query", statement = "a secret", "a secret");
            tracing::warn!(target: "practice_sitemap", "a secret");
            tracing::warn!(target: "sqlx::query", statement = "a secret", "a secret");
            tracing::trace!("ours");
        });
        let quiet = "its words are left out";
        assert_eq!(
            lines,
            [
                format!("WARN practice_sitemap: {quiet}"),
                format!("WARN sqlx::query: {quiet}"),
                "TRACE practice_site::app::log::tests: ours".to_owned(),
            ]
        );
    }
}
