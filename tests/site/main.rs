//! Everything a person can see, through the router, in one process.

mod addresses;
mod admin_gate;
mod admin_pages;
mod admin_people;
mod admin_setup;
mod admin_sign_in;
mod articles;
mod errors;
mod feed;
mod headers;
mod inbox;
mod inbox_hostile;
mod leaving;
mod leaving_export;
mod leaving_pages;
mod leaving_reminders;
mod leaving_retention;
mod office;
mod operator;
mod pages;
mod press;
mod search;
mod structured_data;
mod visit;
