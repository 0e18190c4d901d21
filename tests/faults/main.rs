//! What must survive when other machines, disks and clocks misbehave.

mod backup;
mod bad_input;
mod behind_nginx;
mod clerk;
mod endings;
mod fake_smtp;
mod first_hour;
mod mail_test;
mod memory;
mod nginx;
mod operator;
mod outbox;
mod outbox_digests;
mod outbox_over_smtp;
mod probe;
mod program;
mod sealing;
mod slow;
mod smtp;
mod soak;
mod starts;
mod wire;
