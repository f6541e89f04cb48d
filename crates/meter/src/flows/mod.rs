//! Unidirectional flows: the packets of one 5-tuple in one window, without a pause longer than the idle timeout.
//!
//! Whether a packet belongs to the flow in the table is decided by that flow and that packet alone, never by a sweep
//! over the table. So the table of flows is the same for any number of shares, and in any interleaving of them.

pub mod filter;
mod record;
mod slots;
pub mod sums;
mod table;

pub use record::{EndReason, FlowKey, FlowRecord};
pub use table::FlowTable;

/// How flows are cut.
#[derive(Clone, Copy, Debug)]
pub struct FlowConfig {
    /// Width of the epoch-aligned windows in nanoseconds; `None` does not cut.
    pub window_ns: Option<i64>,
    /// A flow ends after a pause longer than this, nanoseconds.
    pub idle_ns: i64,
    /// Flows kept at once; beyond it the oldest are written out early.
    pub max_flows: usize,
    /// Whether the VLAN id is part of the key.
    pub by_vlan: bool,
    /// When and how flows are thinned; `None` keeps them all, and `max_flows` bounds the table.
    pub filter: Option<filter::FilterConfig>,
}

impl Default for FlowConfig {
    fn default() -> Self {
        FlowConfig {
            window_ns: None,
            idle_ns: 60_000_000_000,
            max_flows: 1_000_000,
            by_vlan: false,
            filter: None,
        }
    }
}

impl FlowConfig {
    /// Start of the window that a time falls into; `None` when flows are not cut.
    #[inline]
    pub fn window_of(&self, time_ns: i64) -> Option<i64> {
        self.window_ns
            .map(|width| time_ns.saturating_sub(time_ns.rem_euclid(width.max(1))))
    }

    /// Why a flow is over once its window is: by its silence up to the border, or by the border. It does not matter when
    /// that is noticed.
    #[inline]
    fn at_border(&self, flow: &FlowRecord) -> EndReason {
        let border_ns = match (flow.window_ns, self.window_ns) {
            (Some(start_ns), Some(width_ns)) => start_ns.saturating_add(width_ns),
            _ => return EndReason::Window,
        };
        if border_ns.saturating_sub(flow.end_ns) > self.idle_ns {
            EndReason::Idle
        } else {
            EndReason::Window
        }
    }
}
