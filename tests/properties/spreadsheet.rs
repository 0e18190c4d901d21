//! The exported spreadsheet: a CSV reader gets back every cell, and no cell of it begins a formula.

use csv::ReaderBuilder;
use jiff::{Timestamp, Zoned};
use practice_site::inquiry::Answers;
use practice_site::inquiry::answers::{LookingFor, Way};
use practice_site::inquiry::export::{Event, Exported, Typed, to_csv};
use proptest::prelude::*;

use crate::rule::{QUICK, holds, text};

fn exported([name, note, email, said]: [String; 4]) -> Exported {
    let at: Zoned = Timestamp::UNIX_EPOCH.to_zoned(jiff::tz::TimeZone::UTC);
    Exported {
        reference: "K7QF-2M".into(),
        received: at.clone(),
        reply_by: at.clone(),
        status: "new".into(),
        suspicion: None,
        first_contact: None,
        next_step: None,
        closed: None,
        close_reason: None,
        answers: Some(Answers {
            name,
            looking_for: LookingFor::Myself,
            location: "OR".into(),
            by: vec![Way::Email],
            phone: None,
            voicemail: None,
            email: Some(email),
            times: Vec::new(),
            note: Some(note),
            insurance: None,
        }),
        timeline: vec![Event { at, who: Some("Jo".into()), what: "note".into(), typed: Typed::Text(said) }],
    }
}

/// A text without what is put in against formulas or can't stand in a cell.
fn bare(text: &str) -> String {
    text.replace(['\'', '\0'], "")
}

#[test]
fn any_cell_is_read_back_and_none_is_a_formula() {
    let formula = prop_oneof!["[\t\r\n \"'=+@-]{0,3}[=+@-]?[A-Z0-9()!|]{0,8}", text(60)];
    let cells = || [formula.clone(), formula.clone(), formula.clone(), formula.clone()];
    holds(QUICK, prop::collection::vec(cells(), 1..4), |rows| {
        let inquiries: Vec<_> = rows.iter().cloned().map(exported).collect();
        let file = to_csv(&inquiries).expect("written into memory");
        let file = file.strip_prefix("\u{feff}".as_bytes()).expect("a byte order mark");
        let mut reader = ReaderBuilder::new().from_reader(file);
        let width = reader.headers().expect("a head").len();
        let records: Vec<_> = reader.records().map(|record| record.expect("a record")).collect();
        assert_eq!(records.len(), rows.len());
        for (record, [name, note, email, said]) in records.iter().zip(&rows) {
            assert_eq!(record.len(), width);
            for (cell, typed) in [(&record[9], name), (&record[17], note), (&record[15], email)] {
                assert_eq!(bare(cell), bare(typed));
            }
            assert!(bare(&record[width - 1]).ends_with(&bare(said)));
            assert!(
                record.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])),
                "{record:?}"
            );
        }
    });
}
