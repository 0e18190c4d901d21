//! What the memory of the running program still holds after somebody has read a request and signed out.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use data_encoding::{Encoding, Specification};
use jiff::Timestamp;
use practice_site::db::Db;
use practice_site::seal::PrivateKey;
use practice_site::staff::session;

use crate::practice::{Clerk, PASSWORD, with_account, without_second_factor};
use crate::program::{Plan, Program, eventually};
use crate::wire::{FORM, answers, connect, post, token};

/// Stands in no text of the program or of this test in one piece, so that it is found only where it was typed.
fn canary() -> String {
    ["Quokka", "Zanzibar", "Umbrella"].concat()
}

#[test]
fn seal_12_after_a_sign_out_the_memory_holds_no_answer_no_password_and_no_key() {
    let data = tempfile::tempdir().expect("a folder");
    let program = without_second_factor(Plan::over(data.path())).start();
    with_account(data.path());
    let sent = post(
        program.address,
        "/request-consultation/send",
        &answers(&token(program.address), &format!("Quill&note={}", canary())),
    );
    let reference = sent.header("location").rsplit('/').next().expect("a reference").to_owned();

    let clerk = Clerk::sign_in(&program);
    let path = format!("/admin/inquiries/{reference}");
    let page = clerk.get(&path);
    assert!(page.text.contains(&canary()), "{}", page.text);
    let key = key_of(data.path(), &clerk.session);
    let secrets = [
        ("an answer", canary().into_bytes()),
        ("the key", raw(&key.to_text())),
        ("the session's cookie", clerk.session.clone().into_bytes()),
        ("the key as text", key.to_text().as_bytes().to_vec()),
        ("the password", PASSWORD.as_bytes().to_vec()),
    ];
    // A note of which only the beginning comes keeps all of them in use.
    let mut begun = connect(program.address);
    let head = format!(
        "POST {path}/notes HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\nSec-Fetch-Site: same-origin"
    );
    let whole = format!("{head}\r\n{FORM}Cookie: session={}\r\n\r\nnote={}", clerk.session, canary());
    begun.write_all(whole.as_bytes()).expect("sent");
    eventually("a look finds what is in use", || {
        let memory = memory_of(&program);
        secrets[..3].iter().all(|(_, bytes)| count(&memory, bytes) > 0).then_some(())
    });
    drop(begun);
    assert_eq!(clerk.post("/admin/sign-out", "").status(), 303);

    // Connections give their buffers back a moment after the answer.
    eventually("nothing is left", || {
        let memory = memory_of(&program);
        let found = secrets.iter().map(|(name, bytes)| (*name, count(&memory, bytes)));
        let left: Vec<_> = found.filter(|(_, times)| *times > 0).collect();
        println!("left in memory: {left:?}");
        left.is_empty().then_some(())
    });
}

/// The private key, as the bearer of the cookie can open it.
fn key_of(data: &Path, cookie: &str) -> PrivateKey {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let db = Db::open_as_it_is(&data.join("practice.db")).await.expect("opens");
        let now = Timestamp::now().as_millisecond();
        let found = session::find(&mut db.read().await.expect("reads"), cookie, now).await;
        found.expect("reads").expect("a session").private
    })
}

/// The 32 bytes that `AGE-SECRET-KEY-1…` stands for: bech32 without its check at the end.
fn raw(text: &str) -> Vec<u8> {
    let (_, digits) = text.rsplit_once('1').expect("its parts");
    let mut bech32 = Specification::new();
    bech32.symbols.push_str("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L");
    bech32.check_trailing_bits = false;
    let bech32: Encoding = bech32.encoding().expect("an alphabet of 32");
    bech32.decode(&digits.as_bytes()[..52]).expect("a key")
}

/// Every piece of memory that the program can write, without the pages that are nothing but zeros.
fn memory_of(program: &Program) -> Vec<Vec<u8>> {
    let maps = std::fs::read_to_string(format!("/proc/{}/maps", program.id())).expect("readable");
    let mut memory = File::open(format!("/proc/{}/mem", program.id())).expect("allowed to look");
    let writable =
        maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|may| may.starts_with("rw")));
    let pieces = writable.filter_map(|line| {
        let (start, end) = line.split(' ').next()?.split_once('-')?;
        let (start, end) = (u64::from_str_radix(start, 16).ok()?, u64::from_str_radix(end, 16).ok()?);
        let mut piece = vec![0; usize::try_from(end - start).ok()?];
        memory.seek(SeekFrom::Start(start)).ok()?;
        // A piece may be given back while this looks.
        memory.read_exact(&mut piece).ok().map(|()| piece)
    });
    pieces.flat_map(|piece| used(&piece)).collect()
}

fn used(piece: &[u8]) -> Vec<Vec<u8>> {
    const PAGE: usize = 4096;
    let is_blank = |page: &&[u8]| page.len() == PAGE && **page == [0; PAGE];
    let pages: Vec<&[u8]> = piece.chunks(PAGE).collect();
    pages.split(|page| is_blank(page)).filter(|run| !run.is_empty()).map(|run| run.concat()).collect()
}

fn count(memory: &[Vec<u8>], secret: &[u8]) -> usize {
    let first = secret[0];
    let in_piece = |piece: &Vec<u8>| {
        let starts = piece.iter().enumerate().filter(|(_, byte)| **byte == first);
        starts.filter(|(at, _)| piece[*at..].starts_with(secret)).count()
    };
    memory.iter().map(in_piece).sum()
}
