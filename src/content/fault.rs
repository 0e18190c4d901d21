//! What is wrong in the content folder, each fault in one line that says where.
//!
//! Never stops at the first: whoever edits texts sees everything at once.

use std::fmt;
use std::path::{Path, PathBuf};

/// One thing that has to be put right, or in a warning could be better.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// As a writer names it: `content/articles/x.md`.
    pub file: PathBuf,
    /// The first line is 1.
    pub line: usize,
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A message may name what a writer wrote, line breaks and all.
        let message = self.message.replace(char::is_control, " ");
        write!(out, "{}:{}: {message}", self.file.display(), self.line)
    }
}

/// Everything that is wrong, sorted by file and line. One line each when displayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(out, "{separator}{fault}")?;
        }
        Ok(())
    }
}

impl Faults {
    /// One line for each.
    pub fn lines(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }
}

impl std::error::Error for Faults {}

/// Gathers the faults of one file while it is read.
#[derive(Debug)]
pub struct Findings {
    file: PathBuf,
    faults: Vec<Fault>,
}

impl Findings {
    pub fn of(file: &Path) -> Self {
        Self { file: file.to_owned(), faults: Vec::new() }
    }

    pub fn add(&mut self, line: usize, message: impl Into<String>) {
        self.faults.push(Fault { file: self.file.clone(), line, message: message.into() });
    }

    pub fn into_faults(self) -> Vec<Fault> {
        self.faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_one_line_whatever_it_names() {
        let fault =
            Fault { file: "content/x.md".into(), line: 7, message: "Nobody called A\nB\u{1b}.".into() };
        assert_eq!(fault.to_string(), "content/x.md:7: Nobody called A B .");
    }
}
