//! Tries one rule on many inputs, and says on how many.

use std::thread;
use std::time::Instant;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use tokio::runtime::{Builder, Runtime};

/// How many inputs an ordinary run tries where one costs microseconds.
pub const QUICK: u32 = 1024;
/// The same where it costs about a millisecond.
pub const SLOW: u32 = 128;
/// The same where it costs several.
pub const SLOWEST: u32 = 32;

/// What `PROPTEST_CASES` is where nobody sets it.
const USUAL: u32 = 256;

/// Tries the rule on so many inputs, times `PROPTEST_CASES` / 256. The smallest input that breaks it is shown.
pub fn holds<S: Strategy>(ordinarily: u32, inputs: S, rule: impl Fn(S::Value)) {
    let config = Config::default();
    let cases = u64::from(ordinarily) * u64::from(config.cases) / u64::from(USUAL);
    let cases = u32::try_from(cases.max(1)).expect("a number of inputs that somebody can wait for");
    let start = Instant::now();
    let ended =
        TestRunner::new(Config { cases, failure_persistence: None, ..config }).run(&inputs, |input| {
            rule(input);
            Ok(())
        });
    if let Err(reason) = ended {
        panic!("{reason}");
    }
    let rule = thread::current().name().unwrap_or_default().to_owned();
    println!("{rule}: {cases} inputs in {:.1} s", start.elapsed().as_secs_f64());
}

/// For what is async.
pub fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Any text of at most so many letters, with many of those that have a meaning somewhere.
pub fn text(longest: usize) -> impl Strategy<Value = String> {
    const MEANING: [char; 40] = [
        '\0', '\t', '\n', '\r', '\u{1b}', '\u{7f}', '\u{85}', '\u{a0}', '\u{200b}', '\u{202e}', '\u{2028}',
        '\u{feff}', '\u{fffd}', '"', '\'', '\\', '<', '>', '&', '=', '+', '-', '@', '%', ';', ',', ':', '.',
        '/', '#', '|', '`', '*', '_', '[', ']', '(', ')', '{', '}',
    ];
    let letter = prop_oneof![
        4 => prop::char::range(' ', '~'),
        3 => select(&MEANING[..]),
        2 => any::<char>(),
    ];
    prop::collection::vec(letter, 0..=longest).prop_map(String::from_iter)
}
