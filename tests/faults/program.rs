//! The real program, started for one test in a folder of its own, and everything it prints.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Longer than anything that is waited for here should take, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// How to start it. The default is what a newcomer gets, but for the port and the data folder.
#[derive(Clone)]
pub struct Plan {
    /// Another program that starts it, such as strace, with its arguments.
    pub under: Vec<OsString>,
    pub arguments: Vec<OsString>,
    pub environment: Vec<(OsString, OsString)>,
}

/// A running program. Dropping it ends it.
pub struct Program {
    child: Child,
    pub address: SocketAddr,
    printed: Arc<Printed>,
}

#[derive(Default)]
struct Printed {
    text: Mutex<String>,
    more: Condvar,
}

impl Plan {
    /// With its data in this folder.
    pub fn over(data: &Path) -> Self {
        let nothing = Self { under: Vec::new(), arguments: Vec::new(), environment: Vec::new() };
        nothing.set("PRACTICE_DATA", data)
    }

    /// The same, but load is neither turned away nor held as spam.
    pub fn under_load(data: &Path) -> Self {
        Self::over(data).set("PRACTICE_RATE_LIMIT", "off")
    }

    /// Emails go to this server.
    pub fn mail(self, url: &str) -> Self {
        let practice = "practice@practice.example";
        self.set("PRACTICE_SMTP_URL", url)
            .set("PRACTICE_MAIL_TO", practice)
            .set("PRACTICE_MAIL_FROM", practice)
    }

    /// Started by another program, which takes the rest of the line as its arguments.
    pub fn started_by(mut self, program: Vec<OsString>) -> Self {
        self.under = program;
        self
    }

    pub fn set(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.environment.push((name.into(), value.as_ref().into()));
        self
    }

    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Ready to start, without anything this machine happens to have in its environment.
    pub fn command(&self) -> Command {
        let own = OsString::from(env!("CARGO_BIN_EXE_practice-site"));
        let mut words = self.under.iter().chain([&own]);
        let mut command = Command::new(words.next().expect("its own name at least"));
        command.args(words);
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.env_clear().env("PATH", path).args(&self.arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Starts serving and waits until the address answers.
    pub fn start(self) -> Program {
        self.start_at(free_address())
    }

    /// The same at this address.
    pub fn start_at(self, address: SocketAddr) -> Program {
        let program = self.spawn_at(address);
        program.wait_for("The site is at");
        program
    }

    /// Starts it, and waits for nothing.
    pub fn spawn(self) -> Program {
        self.spawn_at(free_address())
    }

    fn spawn_at(self, address: SocketAddr) -> Program {
        let mut child = self.set("PRACTICE_LISTEN", address.to_string()).command().spawn().expect("starts");
        let printed = Arc::new(Printed::default());
        listen(child.stdout.take().expect("piped"), printed.clone());
        listen(child.stderr.take().expect("piped"), printed.clone());
        Program { child, address, printed }
    }

    /// Runs a command to its end: its exit code, what it printed, and what it complained about.
    pub fn outcome(self) -> (Option<i32>, String, String) {
        let output = self.command().output().expect("runs");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        (output.status.code(), text(output.stdout), text(output.stderr))
    }
}

impl Program {
    /// With the shipped content and its data in this folder.
    pub fn over(data: &Path) -> Self {
        Plan::over(data).start()
    }

    /// Everything it has printed so far.
    pub fn printed(&self) -> String {
        self.printed.text.lock().expect("whole").clone()
    }

    /// Waits until it has printed these words.
    pub fn wait_for(&self, words: &str) {
        self.wait_for_within(words, PATIENCE);
    }

    /// The same for what is tried again after half a minute.
    pub fn wait_for_long(&self, words: &str) {
        self.wait_for_within(words, PATIENCE + Duration::from_secs(30));
    }

    fn wait_for_within(&self, words: &str, patience: Duration) {
        let text = self.printed.text.lock().expect("whole");
        let is_missing = |text: &mut String| !text.contains(words);
        let (text, waited) = self.printed.more.wait_timeout_while(text, patience, is_missing).expect("whole");
        assert!(!waited.timed_out(), "it never printed \"{words}\":\n{}", *text);
    }

    /// Whether it comes to print these words, or ends before.
    pub fn has_printed_or_ended(&mut self, words: &str) -> bool {
        eventually("it prints or ends", || {
            let ended = self.child.try_wait().expect("a child").is_some();
            let printed = self.printed().contains(words);
            (printed || ended).then_some(printed)
        })
    }

    /// Asks it to stop.
    pub fn terminate(&self) {
        signal("-TERM", self.child.id());
    }

    /// Waits for its end.
    pub fn ended_within(&mut self, limit: Duration) -> Option<ExitStatus> {
        let start = Instant::now();
        while start.elapsed() < limit {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return Some(status);
            }
            thread::sleep(Duration::from_millis(10));
        }
        None
    }

    /// As a power cut would, but for the disk.
    pub fn kill(mut self) {
        self.child.kill().expect("a child");
        self.child.wait().expect("a child");
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal to a process that the test has started.
pub fn signal(signal: &str, process: u32) {
    let _ = Command::new("kill").arg(signal).arg(process.to_string()).stderr(Stdio::null()).status();
}

/// An address on loopback that nobody listens at.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address")
}

fn listen(stream: impl Read + Send + 'static, printed: Arc<Printed>) {
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let mut text = printed.text.lock().expect("whole");
            text.push_str(&line);
            text.push('\n');
            printed.more.notify_all();
        }
    });
}

/// How often a test goes through its loop: a few times in the ordinary run, and often in the long one.
pub fn rounds(ordinary: u64, long: u64) -> u64 {
    if std::env::var_os("LONG_RUN").is_some() { long } else { ordinary }
}

/// A folder for one test.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// Waits until something is so.
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "never came true: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// The emails that became files, in the order of their names.
pub fn emails(data: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(data.join("mail")) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "eml"));
    files.sort();
    files.iter().filter_map(|file| std::fs::read_to_string(file).ok()).collect()
}
