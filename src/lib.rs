//! The website of a therapy practice as one program.
//!
//! Imports point down only, never sideways:
//! `main → app → web → inquiry → {outbox, staff, content} → {audit, seal} → {config, db, mail}`.

pub mod content;

pub mod audit;
pub mod config;
pub mod db;
pub mod seal;
pub mod staff;
