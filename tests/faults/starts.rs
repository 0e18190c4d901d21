//! Settings and content that are wrong, folders that can't be written, and texts that change while the site runs.

use std::path::Path;
use std::process::Command;

use crate::program::{Plan, Program, eventually};
use crate::wire::{answers, get, post};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// The shipped content in a folder of its own.
fn content() -> tempfile::TempDir {
    let folder = folder();
    let copied = Command::new("cp").args(["-r", "content/."]).arg(folder.path()).status().expect("runs");
    assert!(copied.success());
    folder
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.is_empty()).collect()
}

#[test]
fn a_setting_that_is_none_stops_the_start_with_one_line_that_names_it() {
    let data = folder();
    for command in ["serve", "check"] {
        let plan = Plan::over(data.path()).set("PRACTICE_LISTN", "127.0.0.1:1").argument(command);
        let (code, _, complaint) = plan.outcome();
        assert_eq!(code, Some(1), "{complaint}");
        assert_eq!(lines(&complaint).len(), 1, "{complaint}");
        assert!(complaint.contains("PRACTICE_LISTN is not a setting"), "{complaint}");
    }
}

#[test]
fn bad_values_stop_the_start_with_a_line_each() {
    let data = folder();
    let (code, _, complaint) = Plan::over(data.path())
        .set("PRACTICE_LISTEN", "nowhere")
        .set("PRACTICE_BASE_URL", "practice.example/site")
        .set("PRACTICE_TRUSTED_PROXIES", "everybody")
        .set("PRACTICE_SECOND_FACTOR", "never")
        .set("PRACTICE_RATE_LIMIT", "maybe")
        .set("PRACTICE_MAIL_TO", "nobody")
        .set("PRACTICE_LOG", "=")
        .outcome();
    assert_eq!(code, Some(1));
    let complaints = lines(&complaint);
    assert_eq!(complaints.len(), 7, "{complaint}");
    assert!(complaints.iter().all(|line| line.starts_with("PRACTICE_")), "{complaint}");
}

#[test]
fn a_mail_server_without_addresses_or_without_protection_is_a_fault() {
    let data = folder();
    for (url, words) in [
        ("smtp://mail.example:2525?tls=none", "PRACTICE_SMTP_URL"),
        ("ftp://mail.example", "PRACTICE_SMTP_URL"),
        ("smtp://user:hunter2@mail.example:587", "PRACTICE_MAIL_TO is missing"),
    ] {
        let (code, _, complaint) =
            Plan::over(data.path()).set("PRACTICE_SMTP_URL", url).argument("check").outcome();
        assert_eq!(code, Some(1), "{url}");
        assert!(complaint.contains(words) && !complaint.contains("hunter2"), "{complaint}");
    }
}

#[test]
fn check_says_where_each_fault_in_the_content_is() {
    let (data, content) = (folder(), content());
    let faq = content.path().join("faq.md");
    let text = std::fs::read_to_string(&faq).expect("readable");
    std::fs::write(&faq, format!("{text}\n[A dead link](/nowhere)\n\n{{{{no_such_fact}}}}\n"))
        .expect("written");
    let plan = || Plan::over(data.path()).set("PRACTICE_CONTENT", content.path());
    let (code, _, complaint) = plan().argument("check").outcome();
    assert_eq!(code, Some(1));
    let complaints = lines(&complaint);
    assert_eq!(complaints.len(), 2, "{complaint}");
    assert!(complaints.iter().all(|line| line.contains("faq.md:")), "{complaint}");
    assert!(complaint.contains("/nowhere") && complaint.contains("no_such_fact"), "{complaint}");
    let (code, _, complaint) = plan().outcome();
    assert_eq!((code, lines(&complaint).len()), (Some(1), 2), "it does not start either: {complaint}");
}

#[test]
fn check_is_content_with_what_is_shipped() {
    let data = folder();
    let (code, said, complaint) = Plan::over(data.path()).argument("check").outcome();
    assert_eq!((code, complaint.as_str()), (Some(0), ""));
    assert!(said.contains("no faults"), "{said}");
}

#[test]
fn help_names_every_setting() {
    let data = folder();
    let (code, said, _) = Plan::over(data.path()).argument("--help").outcome();
    assert_eq!(code, Some(0));
    for name in ["LISTEN", "BASE_URL", "DATA", "CONTENT", "SMTP_URL", "SMTP_URL_FILE", "MAIL_TO", "MAIL_FROM"]
    {
        assert!(said.contains(&format!("PRACTICE_{name}")), "{name}");
    }
}

#[test]
fn rel_05_without_a_data_folder_the_pages_are_served_and_the_form_says_to_phone() {
    let parent = folder();
    // A file in its place can't be written as a folder by anybody, not even by root.
    let data = parent.path().join("data");
    std::fs::write(&data, "in the way").expect("written");
    let program = Program::over(&data);
    program.wait_for("requests can't be stored");
    assert_eq!(get(program.address, "/").status(), 200);
    let form = get(program.address, "/request-consultation");
    assert_eq!(form.status(), 503);
    assert!(form.is_page() && form.text.contains("The form is not working at the moment"));
    let sent = post(program.address, "/request-consultation/send", &answers("x", "Quill"));
    assert!(sent.status() == 503 && sent.text.contains("Quill"), "what was typed is still there");
    assert_eq!(
        (get(program.address, "/readyz").status(), get(program.address, "/healthz").status()),
        (503, 200)
    );
    let (code, _, complaint) = Plan::over(&data).argument("check").outcome();
    assert_eq!((code, lines(&complaint).len()), (Some(1), 1), "{complaint}");
}

#[test]
fn an_address_that_is_taken_is_said_in_one_line() {
    let (data, other) = (folder(), folder());
    let program = Program::over(data.path());
    let plan = Plan::over(other.path()).set("PRACTICE_LISTEN", program.address.to_string());
    let (code, _, complaint) = plan.outcome();
    assert_eq!(code, Some(1));
    assert!(complaint.contains(&format!("{} can't be listened on", program.address)), "{complaint}");
}

#[test]
fn rel_22_the_health_check_tells_whether_the_server_lives() {
    let data = folder();
    let program = Program::over(data.path());
    let ask = || {
        let plan = Plan::over(data.path()).set("PRACTICE_LISTEN", program.address.to_string());
        plan.argument("healthcheck").outcome().0
    };
    assert_eq!(ask(), Some(0));
    let ready = get(program.address, "/readyz");
    assert_eq!(ready.status(), 200, "{}", ready.text);
    let address = program.address;
    program.kill();
    let plan = Plan::over(data.path()).set("PRACTICE_LISTEN", address.to_string()).argument("healthcheck");
    assert_eq!(plan.outcome().0, Some(1));
}

#[test]
fn a_text_that_changes_shows_up_and_a_faulty_one_keeps_the_last_good() {
    let (data, content) = (folder(), content());
    let program = Plan::over(data.path()).set("PRACTICE_CONTENT", content.path()).start();
    let page = content.path().join("pages/accessibility.md");
    let text = std::fs::read_to_string(&page).expect("readable");
    write(&page, &format!("{text}\nA sentence that is new.\n"));
    let shows = |words: &str| get(program.address, "/accessibility").text.contains(words);
    eventually("the new sentence shows", || shows("A sentence that is new.").then_some(()));

    write(&page, &format!("{text}\n[Nowhere](/no-such-page)\n"));
    program.wait_for("the last good texts stay");
    assert!(program.printed().contains("accessibility.md:"), "{}", program.printed());
    assert!(shows("A sentence that is new."));

    write(&page, &text);
    eventually("the old text is back", || (!shows("A sentence that is new.")).then_some(()));
}

fn write(file: &Path, text: &str) {
    std::fs::write(file, text).expect("written");
}

#[test]
fn the_data_folder_is_for_nobody_else() {
    use std::os::unix::fs::PermissionsExt;
    let parent = folder();
    let data = parent.path().join("data");
    let _program = Program::over(&data);
    let mode = |path: &Path| path.metadata().expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    let mut folders = vec![data];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("readable") {
            let path = entry.expect("readable").path();
            assert_eq!(mode(&path) & 0o077, 0, "{}", path.display());
            folders.extend(path.is_dir().then_some(path));
        }
    }
}
