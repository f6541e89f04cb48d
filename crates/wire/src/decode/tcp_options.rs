//! TCP options (RFC 9293, RFC 7323, RFC 2018).

/// One TCP option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpOption<'a> {
    /// Maximum segment size, bytes.
    MaximumSegmentSize(u16),
    /// Shift count of the window, as sent (more than 14 counts as 14).
    WindowScale(u8),
    /// Selective acknowledgment is permitted.
    SackPermitted,
    /// Selective acknowledgment: up to four blocks.
    Sack(SackBlocks<'a>),
    /// Timestamp value and echo reply.
    Timestamps {
        /// Timestamp value (TSval).
        value: u32,
        /// Timestamp echo reply (TSecr).
        echo: u32,
    },
    /// Any other option, or one of these with a wrong length: its kind and its data.
    Other {
        /// Number of the option.
        kind: u8,
        /// The bytes after kind and length.
        data: &'a [u8],
    },
}

/// The blocks of a selective acknowledgment: left edge, right edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SackBlocks<'a>(&'a [u8]);

impl Iterator for SackBlocks<'_> {
    type Item = (u32, u32);

    fn next(&mut self) -> Option<(u32, u32)> {
        let (&[l0, l1, l2, l3, r0, r1, r2, r3], rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some((
            u32::from_be_bytes([l0, l1, l2, l3]),
            u32::from_be_bytes([r0, r1, r2, r3]),
        ))
    }
}

/// Iterates over the options of a TCP header, [`crate::Tcp::options`].
///
/// Padding is passed over. Iteration ends at the end-of-options mark, and at an option that runs past
/// the bytes that are there.
#[inline]
pub fn tcp_options(options: &[u8]) -> TcpOptions<'_> {
    TcpOptions(options)
}

/// The iterator that [`tcp_options`] gives.
#[derive(Clone, Copy, Debug)]
pub struct TcpOptions<'a>(&'a [u8]);

impl<'a> Iterator for TcpOptions<'a> {
    type Item = TcpOption<'a>;

    #[inline]
    fn next(&mut self) -> Option<TcpOption<'a>> {
        loop {
            match *self.0 {
                [1, ref rest @ ..] => self.0 = rest,
                [0, ..] => {
                    self.0 = &[];
                    return None;
                }
                [kind, len, ref rest @ ..] => {
                    let (data, rest) = usize::from(len)
                        .checked_sub(2)
                        .and_then(|len| rest.split_at_checked(len))?;
                    self.0 = rest;
                    return Some(option(kind, data));
                }
                _ => return None,
            }
        }
    }
}

#[inline]
fn option(kind: u8, data: &[u8]) -> TcpOption<'_> {
    match (kind, data) {
        (2, &[m0, m1]) => TcpOption::MaximumSegmentSize(u16::from_be_bytes([m0, m1])),
        (3, &[shift]) => TcpOption::WindowScale(shift),
        (4, []) => TcpOption::SackPermitted,
        (5, blocks) if !blocks.is_empty() && blocks.len().is_multiple_of(8) => {
            TcpOption::Sack(SackBlocks(blocks))
        }
        (8, &[v0, v1, v2, v3, e0, e1, e2, e3]) => TcpOption::Timestamps {
            value: u32::from_be_bytes([v0, v1, v2, v3]),
            echo: u32::from_be_bytes([e0, e1, e2, e3]),
        },
        _ => TcpOption::Other { kind, data },
    }
}
