//! The shipped systemd units, as systemd itself judges them. Needs systemd-analyze (Debian: systemd).

use std::fs;
use std::process::Command;

const UNITS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/systemd");
const OFF_SITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/offsite");

fn unit(name: &str) -> String {
    fs::read_to_string(format!("{UNITS}/{name}")).expect("shipped")
}

#[test]
fn s_ops_02_systemd_calls_no_unit_more_exposed_than_two() {
    let units = [
        format!("{UNITS}/practice-site.service"),
        format!("{UNITS}/practice-site@.service"),
        format!("{OFF_SITE}/practice-site-offsite.service"),
        format!("{OFF_SITE}/practice-site-offsite-tidy.service"),
    ];
    for unit in units {
        // In tenths.
        let mut command = Command::new("systemd-analyze");
        let judged =
            command.args(["security", "--offline=true", "--no-pager", "--threshold=20", &unit]).output();
        let judged = judged.expect("systemd-analyze is needed for this test");
        let said = String::from_utf8_lossy(&judged.stdout);
        assert!(judged.status.success(), "{unit}: {}", said.lines().last().unwrap_or_default());
        let text = fs::read_to_string(&unit).expect("shipped");
        for line in ["LimitCORE=0", "UMask=0077", "MemoryDenyWriteExecute=yes", "NoNewPrivileges=yes"] {
            assert!(text.lines().any(|own| own == line), "{unit} lacks {line}");
        }
    }
}

#[test]
fn the_unit_for_several_practices_differs_from_the_one_in_names_alone() {
    let settings = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.starts_with("Description="));
        lines.map(|line| line.replace("practice-site-%i", "practice-site")).collect()
    };
    let template = unit("practice-site@.service");
    assert!(template.matches("practice-site-%i").count() >= 7);
    assert_eq!(settings(&template), settings(&unit("practice-site.service")));
}
