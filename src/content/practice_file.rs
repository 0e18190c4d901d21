//! `practice.toml`, read and checked: what it says can be true.

use std::collections::BTreeSet;

use super::fault::Findings;
use super::folder::File;
use super::keys::Keys;
use super::practice::Practice;

/// A practice of which nothing is known where the file can't be used; the faults say why.
pub fn read(file: Option<&File>, services: &BTreeSet<&str>, out: &mut Findings) -> Practice {
    let _ = services;
    let Some(file) = file else {
        out.add(1, "This file is missing. It says at least name and time_zone.");
        return Practice::bare("", "UTC");
    };
    let keys = Keys::parse(&file.text, out);
    keys.read(out).unwrap_or_else(|| Practice::bare("", "UTC"))
}
