//! A real nginx with the very file that is shipped, in front of one program. Only ports, places of files and the
//! certificate are this test's own.
//!
//! Needs nginx (Debian: nginx-light), and openssl, which speaks TLS for the visitors.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::program::{eventually, free_address};
use crate::wire::Heard;

/// The name that stands in the shipped file.
pub const HOST: &str = "practice.example";

const DEPLOY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy");
/// Where nginx would put what does not fit into its memory.
const OVERFLOW: [&str; 2] = ["body", "proxy"];
const PATIENCE: Duration = Duration::from_secs(20);

/// A running nginx. Dropping it ends it.
pub struct Nginx {
    child: Child,
    folder: TempDir,
    /// Where it speaks TLS.
    pub address: SocketAddr,
    /// Where it does not.
    pub plain: SocketAddr,
}

impl Nginx {
    /// In front of a program that listens at this address.
    pub fn before(program: SocketAddr) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (address, plain) = (free_address(), free_address());
        make_certificate(folder.path());
        fs::create_dir(folder.path().join("log")).expect("made");
        fs::write(folder.path().join("site.conf"), shipped(folder.path(), program, address, plain))
            .expect("written");
        fs::write(folder.path().join("nginx.conf"), around(folder.path())).expect("written");
        let child = Command::new("nginx")
            .arg("-c")
            .arg(folder.path().join("nginx.conf"))
            .arg("-e")
            .arg(folder.path().join("log/start"))
            .stdin(Stdio::null())
            .stderr(File::create(folder.path().join("log/stderr")).expect("a file"))
            .spawn()
            .expect("nginx is needed for this test");
        let mut nginx = Self { child, folder, address, plain };
        eventually("nginx listens", || {
            let ended = nginx.child.try_wait().expect("a child");
            assert!(ended.is_none(), "nginx does not start: {}", nginx.log("stderr"));
            TcpStream::connect(address).ok()
        });
        // From now on whatever it would put into a file fails, and says so.
        for overflow in OVERFLOW {
            fs::remove_dir(nginx.folder.path().join(overflow)).expect("nothing is in it");
        }
        nginx
    }

    /// Sends bytes over TLS from one of the addresses on loopback, and listens until the connection closes.
    pub fn say(&self, from: &str, bytes: &[u8]) -> Heard {
        let start = Instant::now();
        let mut client = self.client(&["-quiet", "-bind", &format!("{from}:0")]);
        let mut output = client.stdout.take().expect("piped");
        let listening = thread::spawn(move || {
            let mut heard = Vec::new();
            let _ = output.read_to_end(&mut heard);
            String::from_utf8_lossy(&heard).into_owned()
        });
        let mut input = client.stdin.take().expect("piped");
        // What is refused early may not be read to its end.
        let _ = input.write_all(bytes);
        while !listening.is_finished() && start.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(5));
        }
        let closed = listening.is_finished();
        let _ = client.kill();
        let _ = client.wait();
        Heard { text: listening.join().expect("listened"), closed }
    }

    /// A whole request that closes its connection.
    pub fn request(&self, from: &str, method: &str, path: &str, headers: &str, body: &[u8]) -> Heard {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
            body.len()
        );
        self.say(from, &[head.as_bytes(), body].concat())
    }

    pub fn get(&self, path: &str) -> Heard {
        self.request("127.0.0.2", "GET", path, "", b"")
    }

    /// What openssl has to say about a connection that is made like this.
    pub fn handshake(&self, options: &[&str]) -> String {
        let client = self.client(options);
        let output = client.wait_with_output().expect("ends");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }

    fn client(&self, options: &[&str]) -> Child {
        let mut command = Command::new("openssl");
        command.args(["s_client", "-connect", &self.address.to_string()]);
        if !options.contains(&"-servername") {
            command.args(["-servername", HOST]);
        }
        command.args(options).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("openssl is needed for this test")
    }

    /// Everything nginx has written, anywhere: file by file.
    pub fn written(&self) -> Vec<(PathBuf, String)> {
        let mut folders = vec![self.folder.path().to_owned()];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("readable").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let text = String::from_utf8_lossy(&fs::read(&path).expect("readable")).into_owned();
                    files.push((path, text));
                }
            }
        }
        files
    }

    /// The lines of one of its logs.
    pub fn log(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join("log").join(name)).expect("a log")
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The shipped file with this test's ports and places. Whatever it no longer holds is a fault of this test.
fn shipped(folder: &Path, program: SocketAddr, address: SocketAddr, plain: SocketAddr) -> String {
    let file = fs::read_to_string(format!("{DEPLOY}/nginx/practice-site.conf")).expect("shipped");
    let folder = folder.display();
    // This machine may speak no IPv6.
    let lines: Vec<&str> = file.lines().filter(|line| !line.contains("listen [::]:")).collect();
    let exchanged = [
        ("listen 443 ", format!("listen {address} ")),
        ("listen 80", format!("listen {plain}")),
        ("server 127.0.0.1:3000;", format!("server {program};")),
        ("/etc/letsencrypt/live/practice.example/", format!("{folder}/")),
        ("/var/log/nginx/", format!("{folder}/log/")),
        ("/usr/local/share/practice-site/pages", format!("{DEPLOY}/pages")),
    ];
    exchanged.into_iter().fold(lines.join("\n"), |text, (old, new)| {
        assert!(text.contains(old), "{old:?} is not in the shipped file any more");
        text.replace(old, &new)
    })
}

/// What Debian's nginx.conf has around it, as far as it matters: also the log that a server without its own writes.
fn around(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "daemon off;
        master_process off;
        pid {folder}/pid;
        error_log {folder}/log/error.log;
        events {{}}
        http {{
            access_log {folder}/log/access.log;
            client_body_temp_path {folder}/body;
            proxy_temp_path {folder}/proxy;
            fastcgi_temp_path {folder}/fastcgi;
            uwsgi_temp_path {folder}/uwsgi;
            scgi_temp_path {folder}/scgi;
            include {folder}/site.conf;
        }}"
    )
}

fn make_certificate(folder: &Path) {
    let arguments = "req -x509 -days 2 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
                     -subj /CN=practice.example -keyout privkey.pem -out fullchain.pem";
    let made = Command::new("openssl").args(arguments.split_whitespace()).current_dir(folder).output();
    let made = made.expect("openssl is needed for this test");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}
