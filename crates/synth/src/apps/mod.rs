//! What applications say.

pub mod dns;
pub mod mail;
pub mod peer;
pub mod quic;
pub mod ssh;
pub mod web;
