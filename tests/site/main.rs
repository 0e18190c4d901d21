//! Everything a person can see, through the router, in one process.

mod addresses;
mod admin_gate;
mod articles;
mod errors;
mod feed;
mod headers;
mod office;
mod pages;
mod search;
mod structured_data;
mod visit;
