//! Everything a person can see, through the router, in one process.

mod addresses;
mod admin_gate;
mod articles;
mod consultation;
mod consultation_bad_input;
mod consultation_check;
mod consultation_form;
mod consultation_secrets;
mod consultation_spam;
mod errors;
mod feed;
mod form;
mod headers;
mod office;
mod pages;
mod reception;
mod search;
mod structured_data;
mod visit;
