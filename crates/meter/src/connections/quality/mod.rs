//! How well TCP carries the data of a connection.

use super::record::TcpQuality;

/// The running measures of both sides.
#[derive(Debug, Default)]
pub(super) struct Quality {}

impl Quality {
    pub(super) fn flip(&mut self) {}

    pub(super) fn report(&self, _side: usize) -> TcpQuality {
        TcpQuality::default()
    }
}
