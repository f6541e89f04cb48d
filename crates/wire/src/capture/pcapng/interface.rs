//! What packets need of the interface that they were captured on.

use crate::LinkType;

/// An interface of a section.
#[derive(Clone, Copy, Debug)]
pub struct Interface {
    pub link_type: LinkType,
    pub snaplen: u32,
    pub resolution: Resolution,
    pub offset_seconds: i64,
}

impl Interface {
    /// The time since 1970 that so many units tell, ns.
    #[inline]
    pub fn time_ns(&self, units: u64) -> i128 {
        self.resolution.nanoseconds(units) + i128::from(self.offset_seconds) * 1_000_000_000
    }
}

/// The unit of time.
#[derive(Clone, Copy, Debug)]
pub enum Resolution {
    /// Nanoseconds in a unit.
    Nanoseconds(u64),
    /// Units in a second, as a power of ten above 9.
    PowerOfTen(u32),
    /// Units in a second, as a power of two.
    PowerOfTwo(u32),
}

impl Resolution {
    /// Where the interface does not say: microseconds.
    pub const DEFAULT: Resolution = Resolution::Nanoseconds(1000);

    /// As the option says.
    pub fn from_option(value: u8) -> Resolution {
        let exponent = u32::from(value & 0x7F);
        if value & 0x80 != 0 {
            Resolution::PowerOfTwo(exponent)
        } else if exponent <= 9 {
            Resolution::Nanoseconds(10_u64.pow(9 - exponent))
        } else {
            Resolution::PowerOfTen(exponent)
        }
    }

    #[inline]
    fn nanoseconds(self, units: u64) -> i128 {
        match self {
            Resolution::Nanoseconds(factor) => i128::from(units) * i128::from(factor),
            Resolution::PowerOfTen(exponent) => 10_i128
                .checked_pow(exponent - 9)
                .map_or(0, |by| i128::from(units) / by),
            Resolution::PowerOfTwo(exponent) => {
                (i128::from(units) * 1_000_000_000) >> exponent.min(127)
            }
        }
    }
}
