//! The website of a therapy practice as one program.
//!
//! Nouns of the practice inside, one web layer outside. Imports point down only, never sideways:
//! `main → app → web → inquiry → {outbox, staff, content} → {audit, seal} → {config, db, mail}`.

pub mod app;
pub mod audit;
pub mod config;
pub mod content;
pub mod db;
pub mod inquiry;
pub mod mail;
pub mod outbox;
pub mod seal;
pub mod staff;
pub mod web;
