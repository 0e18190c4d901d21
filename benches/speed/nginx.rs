//! nginx with one worker and the very bytes and headers of the site, from files.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::pages::Case;
use super::program::{Program, free_address};

/// Headers that nginx writes itself.
const OWN: [&str; 6] = ["date", "connection", "content-length", "content-type", "etag", "last-modified"];

/// Serves every case under its own name from this folder.
pub fn start(folder: &Path, cases: &[Case]) -> Result<Program> {
    let address = free_address()?;
    let mut locations = String::new();
    for case in cases {
        let head = fs::read_to_string(folder.join(format!("{}.head", case.name)))?;
        // Its own ETag where that is asked for, else the one of the site.
        let etag = if case.unchanged { "on" } else { "off" };
        write!(locations, "location = /{0} {{ try_files /{0}.body =404; etag {etag}; ", case.name)?;
        for (name, value) in head.lines().filter_map(|line| line.split_once(": ")) {
            if name == "content-type" {
                write!(locations, "default_type \"{value}\"; ")?;
            } else if !OWN.contains(&name) || (name == "etag" && !case.unchanged) {
                write!(locations, "add_header {name} \"{}\"; ", value.replace('"', "\\\""))?;
            }
        }
        locations.push_str("add_header Last-Modified \"\"; }\n");
    }
    let place = folder.display();
    let text = format!(
        "daemon off; worker_processes 1; pid {place}/nginx.pid; error_log {place}/nginx.log;
         events {{ worker_connections 2048; }}
         http {{
           types {{ }} access_log off; server_tokens off; sendfile on; tcp_nopush on; tcp_nodelay on; max_ranges 0;
           keepalive_requests 1000000000; open_file_cache max=64 inactive=600s; open_file_cache_valid 600s;
           client_body_temp_path {place}/1; proxy_temp_path {place}/2; fastcgi_temp_path {place}/3;
           uwsgi_temp_path {place}/4; scgi_temp_path {place}/5;
           server {{ listen {address}; root {place}; {locations} }}
         }}"
    );
    fs::write(folder.join("nginx.conf"), text)?;
    let mut command = Command::new("nginx");
    command.arg("-c").arg(folder.join("nginx.conf")).arg("-e").arg(folder.join("nginx.log"));
    Program::on_one_core(&command, address)
}
