//! What applications say.

pub mod dns;
pub mod web;
