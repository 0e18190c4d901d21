//! What must survive when other machines, disks and clocks misbehave.

mod app;
mod backup;
mod bad_input;
mod behind_nginx;
mod broken_heads;
mod endings;
mod fake_smtp;
mod first_hour;
mod mail_test;
mod nginx;
mod off_site;
mod on_the_machine;
mod operator;
mod outbox;
mod outbox_digests;
mod outbox_over_smtp;
mod person;
mod probe;
mod program;
mod service;
mod slow;
mod smtp;
mod soak;
mod starts;
mod whole_life;
mod wire;
