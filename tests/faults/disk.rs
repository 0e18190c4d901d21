//! A small disk for one test: a tmpfs in a mount namespace that nobody else sees and that ends with the test.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::fs::statvfs;
use tempfile::TempDir;

use crate::program::Plan;
use crate::stored::{Stored, stored};

const MISSING: &str = "a small disk needs `unshare` and `nsenter` (Debian: util-linux) and the right to mount in a \
                       namespace of its own: root, or unprivileged user namespaces";

pub struct Disk {
    /// Keeps the namespace alive until its standard input ends.
    holder: Child,
    folder: TempDir,
}

impl Disk {
    pub fn of(bytes: u64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let script =
            format!("mount -t tmpfs -o size={bytes},mode=0700 none \"$1\" && echo mounted && exec cat");
        let mut holder = Command::new("unshare")
            .args(["-Urm", "sh", "-c", &script, "sh"])
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect(MISSING);
        let mut said = String::new();
        BufReader::new(holder.stdout.take().expect("piped")).read_line(&mut said).expect("readable");
        if said != "mounted\n" {
            let mut complaint = String::new();
            let _ = holder.stderr.take().expect("piped").read_to_string(&mut complaint);
            panic!("{MISSING}: {complaint}");
        }
        Self { holder, folder }
    }

    /// A program whose data are in a folder on this disk.
    pub fn plan(&self) -> Plan {
        Plan::under_load(&self.folder.path().join("data")).started_by(self.inside())
    }

    fn inside(&self) -> Vec<OsString> {
        let words = ["nsenter", "--preserve-credentials", "-U", "-m", "--wd", "-t"];
        let id = self.holder.id().to_string();
        words.iter().map(OsString::from).chain([id.into(), "--".into()]).collect()
    }

    /// The disk as the test sees it from outside.
    pub fn seen(&self) -> PathBuf {
        let inside = self.folder.path().strip_prefix("/").expect("an absolute path");
        Path::new("/proc").join(self.holder.id().to_string()).join("root").join(inside)
    }

    pub fn data(&self) -> PathBuf {
        self.seen().join("data")
    }

    /// What the database holds once the program has ended. It is looked at elsewhere: SQLite finds no way through /proc.
    pub fn stored(&self) -> Stored {
        let copy = tempfile::tempdir().expect("a folder");
        for name in ["practice.db", "practice.db-wal"] {
            let _ = std::fs::copy(self.data().join(name), copy.path().join(name));
        }
        stored(copy.path())
    }

    /// In bytes.
    pub fn free(&self) -> u64 {
        let disk = statvfs(self.seen()).expect("an answer");
        disk.f_bavail * disk.f_frsize
    }

    /// Fills it up but for this many bytes. Returns how many are free then.
    pub fn fill(&self, but: u64) -> u64 {
        let mut ballast = File::options().create(true).append(true).open(self.ballast()).expect("opens");
        let part = vec![b'a'; 4096];
        while self.free() > but && ballast.write_all(&part).is_ok() {}
        self.free()
    }

    /// Takes the ballast away.
    pub fn empty(&self) {
        std::fs::remove_file(self.ballast()).expect("removed");
    }

    fn ballast(&self) -> PathBuf {
        self.seen().join("ballast")
    }

    /// Mounts it again, with other options such as `ro`.
    pub fn remount(&self, options: &str) {
        let inside = self.inside();
        let mounted = Command::new(&inside[0])
            .args(&inside[1..])
            .args(["mount", "-o", &format!("remount,{options}")])
            .arg(self.folder.path())
            .status();
        assert!(mounted.expect("runs").success(), "remount,{options}");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
