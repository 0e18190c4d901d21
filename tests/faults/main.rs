//! What must survive when other machines, disks and clocks misbehave.

mod backup;
mod bad_input;
mod behind_nginx;
mod clock;
mod endings;
mod fake_smtp;
mod first_hour;
mod mail_test;
mod nginx;
mod off_site;
mod operator;
mod outbox;
mod outbox_digests;
mod outbox_over_smtp;
mod probe;
mod program;
mod service;
mod slow;
mod smtp;
mod smtp_whole;
mod soak;
mod starts;
mod way;
mod wire;
