fn main() {
    let dir = std::env::args().nth(1).unwrap();
    match practice_site::content::load(dir.as_ref(), jiff::Timestamp::now()) {
        Err(f) => println!("{f}"),
        Ok(l) => {
            for w in &l.warnings {
                println!("warn {w}");
            }
            if std::env::args().nth(2).is_some() {
                println!("{:#?}", l.content);
            }
        }
    }
}
