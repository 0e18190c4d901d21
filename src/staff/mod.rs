//! The people who may read inquiries: their keys, passwords, second factors and sessions.
//!
//! Knows nothing of HTTP and nothing of inquiries. Whoever stands here as signed in holds the practice's private key;
//! there is no other way to it.

pub mod code;
pub mod hashing;
pub mod keys;
pub mod password;
pub mod second_factor;
