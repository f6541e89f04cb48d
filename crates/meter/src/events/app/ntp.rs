//! NTP (RFC 5905); of control and private messages, the mode only.

use crate::events::bytes::Bytes;
use crate::events::event::Arg;
use crate::events::names::Name;
use crate::events::out::Out;

/// Reads one message.
pub(super) fn message(is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Result<(), &'static str> {
    read(is_orig, data, out).ok_or("an NTP message cut short")
}

fn read(is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Option<()> {
    let mut rest = Bytes(data);
    let first = rest.u8()?;
    let (version, mode) = (first >> 3 & 7, first & 7);
    let mut args = [Arg::Count(0); 10];
    let head = [
        Arg::Bool(is_orig),
        Arg::Count(version.into()),
        Arg::Count(mode.into()),
    ];
    let mut tail = [Arg::Count(0); 7];
    let mut len = head.len();
    if (1..=5).contains(&mode) {
        let (stratum, poll, precision) = (rest.u8()?, rest.u8()?, rest.u8()?);
        rest.take(8)?;
        let reference = rest.take(4)?;
        rest.take(8)?;
        let mut time = || Some(Arg::Time(unix(rest.u32()?, rest.u32()?)));
        tail = [
            Arg::Count(stratum.into()),
            Arg::Time(f64::from(1u32 << poll.min(31))),
            Arg::Time(f64::from(precision as i8)),
            Arg::Str(reference),
            time()?,
            time()?,
            time()?,
        ];
        len += tail.len();
    }
    for (place, arg) in args.iter_mut().zip(head.iter().chain(&tail)) {
        *place = *arg;
    }
    out.event(Name::NtpMessage, Some(is_orig), args.get(..len)?);
    Some(())
}

/// Seconds since 1970 of a time since 1900; 0 stays 0.
fn unix(seconds: u32, fraction: u32) -> f64 {
    if seconds == 0 && fraction == 0 {
        return 0.0;
    }
    f64::from(seconds) - 2_208_988_800.0 + f64::from(fraction) / 4_294_967_296.0
}
