//! The service that a payload shows, in Zeek's names.

use wire::Ip;

/// What the first payload of a side says; `None` when nothing can be told.
pub(super) fn service(_ip: &Ip<'_>, _from_orig: bool) -> Option<&'static str> {
    None
}
