//! Everything a person can see, through the router, in one process.

mod addresses;
mod articles;
mod errors;
mod feed;
mod headers;
mod leaving;
mod leaving_export;
mod leaving_reminders;
mod leaving_retention;
mod pages;
mod search;
mod structured_data;
mod visit;
