//! What must survive when other machines, disks and clocks misbehave.

mod fake_smtp;
mod outbox;
mod outbox_digests;
mod outbox_over_smtp;
mod smtp;
