//! What must survive when other machines, disks and clocks misbehave.

mod backup;
mod bad_input;
mod busy;
mod crowd;
mod damage;
mod disk;
mod endings;
mod erased;
mod fake_smtp;
mod full;
mod kills;
mod nth_fault;
mod operator;
mod outbox;
mod outbox_digests;
mod outbox_over_smtp;
mod practice;
mod program;
mod slow;
mod smtp;
mod starts;
mod stored;
mod tracer;
mod updates;
mod wire;
