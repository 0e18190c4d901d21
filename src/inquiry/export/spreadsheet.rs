//! An export as CSV (RFC 4180) that no spreadsheet program executes (SEC-24).
//!
//! Programs take a cell that begins with certain signs for a formula. Such a cell gets an apostrophe before it, which
//! those programs show as the plain text that follows.

use anyhow::{Context, Result};
use csv::{QuoteStyle, Terminator, WriterBuilder};
use jiff::Zoned;

use super::{Event, Exported, Typed};

const DAMAGED: &str = "This record is damaged and can't be read.";

/// Excel takes a file without it for another encoding and spoils every accent.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

const COLUMNS: [&str; 19] = [
    "reference",
    "received",
    "reply by",
    "status",
    "suspicion",
    "first contact",
    "next step",
    "closed",
    "close reason",
    "name",
    "looking for",
    "location",
    "may be reached by",
    "phone",
    "voicemail",
    "email",
    "times",
    "note",
    "insurance",
];

/// One line for each inquiry, under a line of column names; its timeline is the last column.
///
/// # Errors
/// Never in practice: it is written into memory.
pub fn to_csv(exported: &[Exported]) -> Result<Vec<u8>> {
    let mut writer = WriterBuilder::new()
        .quote_style(QuoteStyle::Always)
        .terminator(Terminator::CRLF)
        .from_writer(BYTE_ORDER_MARK.to_vec());
    writer.write_record(COLUMNS.into_iter().chain(["timeline"]))?;
    for inquiry in exported {
        writer.write_record(cells(inquiry).iter().map(|cell| harmless(cell)))?;
    }
    writer.into_inner().context("a CSV file can't be written")
}

fn cells(inquiry: &Exported) -> Vec<String> {
    let time = |at: &Option<Zoned>| at.as_ref().map(local).unwrap_or_default();
    let mut cells = vec![
        inquiry.reference.clone(),
        local(&inquiry.received),
        local(&inquiry.reply_by),
        inquiry.status.clone(),
        inquiry.suspicion.clone().unwrap_or_default(),
        time(&inquiry.first_contact),
        time(&inquiry.next_step),
        time(&inquiry.closed),
        inquiry.close_reason.clone().unwrap_or_default(),
    ];
    cells.extend(answers(inquiry));
    cells.push(inquiry.timeline.iter().map(step).collect::<Vec<_>>().join("\n"));
    cells
}

fn answers(inquiry: &Exported) -> Vec<String> {
    let Some(answers) = &inquiry.answers else {
        let mut cells = vec![DAMAGED.to_owned()];
        cells.resize(COLUMNS.len() - 9, String::new());
        return cells;
    };
    vec![
        answers.name.clone(),
        answers.looking_for.name().to_owned(),
        answers.location.clone(),
        answers.by.iter().map(|way| way.name()).collect::<Vec<_>>().join(", "),
        answers.phone.as_ref().map(|phone| phone.spoken()).unwrap_or_default(),
        answers.voicemail.map(|voicemail| voicemail.name().to_owned()).unwrap_or_default(),
        answers.email.clone().unwrap_or_default(),
        answers.times.join(", "),
        answers.note.clone().unwrap_or_default(),
        answers.insurance.clone().unwrap_or_default(),
    ]
}

fn step(event: &Event) -> String {
    let who = event.who.as_deref().unwrap_or("the site");
    let head = format!("{}, {who}: {}", local(&event.at), event.what);
    match &event.typed {
        Typed::Nothing => head,
        Typed::Text(text) => format!("{head}: {text}"),
        Typed::Damaged => format!("{head}: {DAMAGED}"),
    }
}

/// In the time zone of the practice, as spreadsheet programs read it.
fn local(at: &Zoned) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

/// The cell as text, whatever it begins with. Blanks and signs that can't be seen don't hide a formula.
fn harmless(cell: &str) -> String {
    let cell: String = cell.chars().filter(|c| *c != '\0').collect();
    let begins_badly = |c: char| matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠');
    let is_hidden =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '\u{200b}' | '\u{feff}');
    let hides = cell.starts_with(['\t', '\r', '\n']);
    // Where the list separator is a semicolon or a tab, what follows one begins a cell of its own.
    let cell = [';', '\t'].iter().fold(cell, |cell, mark| {
        let parts: Vec<_> = cell.split(*mark).collect();
        let guarded = parts.iter().enumerate().map(|(nth, part)| {
            let is_formula = nth > 0 && part.trim_start_matches(is_hidden).starts_with(begins_badly);
            if is_formula { format!("'{part}") } else { (*part).to_owned() }
        });
        guarded.collect::<Vec<_>>().join(&mark.to_string())
    });
    if hides || cell.trim_start_matches(is_hidden).starts_with(begins_badly) {
        format!("'{cell}")
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_24_what_could_be_a_formula_becomes_text() {
        for cell in [
            "=HYPERLINK(\"http://evil.example\")",
            "+1 206 555 0142",
            "-2+3",
            "@SUM(A1)",
            "\tx",
            "\rx",
            "\nx",
            "\n=1+1",
            " =1+1",
            "\"=1+1",
            "\u{200b}=1+1",
            "＝1+1",
            "\0=1+1",
        ] {
            assert!(harmless(cell).starts_with('\''), "{cell:?}");
        }
        assert_eq!(harmless("=1+1"), "'=1+1");
        assert_eq!(harmless("a;=1+1; b;\t@x"), "a;'=1+1; b;'\t'@x");
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        for cell in ["", "Sam Example", "206 555 0142", "a = b", "José\nsecond line", "\"quoted\""] {
            assert_eq!(harmless(cell), cell);
        }
    }
}
