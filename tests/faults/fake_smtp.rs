//! A mail server that misbehaves as a test tells it to, and remembers everything it heard.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

/// Where a conversation stands: what the server has to answer now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    Connect,
    Ehlo,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    Dot,
    Rset,
    Quit,
}

pub enum Answer {
    /// Lines without the last line break.
    Say(&'static str),
    Silence,
    HangUp,
}

pub use Answer::{HangUp, Say, Silence};

/// What a friendly server without STARTTLS answers.
pub fn usual(at: At) -> Answer {
    Say(match at {
        At::Connect => "220 fake.example ESMTP",
        At::Ehlo => "250-fake.example\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN",
        At::StartTls => "502 5.5.1 not here",
        At::Auth => "235 2.7.0 welcome",
        At::Mail | At::Rcpt | At::Rset => "250 2.1.0 ok",
        At::Data => "354 go ahead",
        At::Dot => "250 2.0.0 accepted",
        At::Quit => "221 2.0.0 goodbye",
    })
}

#[derive(Default)]
pub struct Heard {
    pub connections: usize,
    /// Every command, in order.
    pub commands: Vec<String>,
    /// Messages that arrived whole, whatever the answer was.
    pub messages: Vec<String>,
    /// How many of them were answered with 250.
    pub accepted: usize,
    /// Those that were.
    pub taken: Vec<String>,
}

pub struct FakeSmtp {
    pub port: u16,
    heard: Arc<Mutex<Heard>>,
}

impl FakeSmtp {
    /// `script` gets the number of the connection, from 0, and what is to be answered.
    pub fn start(script: impl Fn(usize, At) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let (script, shared) = (Arc::new(script), Arc::clone(&heard));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (script, heard) = (Arc::clone(&script), Arc::clone(&shared));
                let number = {
                    let mut heard = heard.lock().expect("a whole list");
                    heard.connections += 1;
                    heard.connections - 1
                };
                thread::spawn(move || talk(&stream.expect("a connection"), &heard, |at| script(number, at)));
            }
        });
        Self { port, heard }
    }

    pub fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().expect("a whole list")
    }

    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}?tls=none", self.port)
    }
}

/// A loopback port where nobody listens.
pub fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port()
}

fn talk(stream: &TcpStream, heard: &Mutex<Heard>, script: impl Fn(At) -> Answer) {
    let mut lines = BufReader::new(stream);
    let mut at = At::Connect;
    let mut whole = String::new();
    loop {
        match script(at) {
            Say(answer) => {
                if at == At::Dot && answer.starts_with('2') {
                    let mut heard = heard.lock().expect("a whole list");
                    heard.accepted += 1;
                    heard.taken.push(std::mem::take(&mut whole));
                }
                if (&*stream).write_all(format!("{answer}\r\n").as_bytes()).is_err() || at == At::Quit {
                    return;
                }
                at = match at {
                    At::Data if answer.starts_with('3') => {
                        let Some(message) = read_message(&mut lines) else { return };
                        whole.clone_from(&message);
                        heard.lock().expect("a whole list").messages.push(message);
                        At::Dot
                    }
                    _ => {
                        let mut command = String::new();
                        if lines.read_line(&mut command).unwrap_or(0) == 0 {
                            return;
                        }
                        heard.lock().expect("a whole list").commands.push(command.trim_end().to_owned());
                        read_command(&command)
                    }
                };
            }
            Silence => {
                // Until the client gives up.
                let _ = std::io::copy(&mut lines, &mut std::io::sink());
                return;
            }
            HangUp => return,
        }
    }
}

fn read_command(command: &str) -> At {
    match command.split([' ', '\r', '\n']).next().unwrap_or_default() {
        "EHLO" => At::Ehlo,
        "STARTTLS" => At::StartTls,
        "AUTH" => At::Auth,
        "MAIL" => At::Mail,
        "RCPT" => At::Rcpt,
        "DATA" => At::Data,
        "RSET" => At::Rset,
        "QUIT" => At::Quit,
        other => panic!("the client said {other:?}"),
    }
}

/// Up to the final dot, with the dots of transparency taken out; nothing where the client went away before.
fn read_message(lines: &mut impl BufRead) -> Option<String> {
    let mut message = String::new();
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).unwrap_or(0) == 0 {
            return None;
        }
        if line == ".\r\n" {
            return Some(message);
        }
        message.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
