//! NTP (RFC 5905); of control and private messages (RFC 9327), their head.

use std::net::{IpAddr, Ipv4Addr};

use crate::events::arg::Arg;
use crate::events::bytes::Bytes;
use crate::events::names::Name;
use crate::events::out::Out;

/// Fields of Zeek's `NTP::Message` and of the records in it.
const MESSAGE: &[&str] = &["version", "mode", "std_msg", "control_msg", "mode7_msg"];
const STANDARD: &[&str] = &[
    "stratum",
    "poll",
    "precision",
    "root_delay",
    "root_disp",
    "kiss_code",
    "ref_id",
    "ref_addr",
    "ref_time",
    "org_time",
    "rec_time",
    "xmt_time",
];
const CONTROL: &[&str] = &[
    "op_code",
    "resp_bit",
    "err_bit",
    "more_bit",
    "sequence",
    "status",
    "association_id",
];
const PRIVATE: &[&str] = &["req_code", "auth_bit", "sequence", "implementation", "err"];

/// Reads one message.
pub(super) fn message(is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Result<(), &'static str> {
    read(is_orig, data, out).ok_or("an NTP message cut short")
}

fn read(is_orig: bool, data: &[u8], out: &mut Out<'_>) -> Option<()> {
    let mut rest = Bytes(data);
    let first = rest.u8()?;
    let (version, mode) = (first >> 3 & 7, first & 7);
    let (standard, control, private);
    let (mut std_msg, mut control_msg, mut mode7_msg) = (Arg::None, Arg::None, Arg::None);
    match mode {
        1..=5 => {
            standard = standard_message(&mut rest)?;
            std_msg = Arg::Record(STANDARD, &standard);
        }
        6 => {
            control = control_message(&mut rest)?;
            control_msg = Arg::Record(CONTROL, &control);
        }
        7 => {
            private = private_message(&mut rest)?;
            mode7_msg = Arg::Record(PRIVATE, &private);
        }
        _ => {}
    }
    let fields = [
        Arg::Count(version.into()),
        Arg::Count(mode.into()),
        std_msg,
        control_msg,
        mode7_msg,
    ];
    let args = [Arg::Bool(is_orig), Arg::Record(MESSAGE, &fields)];
    out.event(Name::NtpMessage, Some(is_orig), &args);
    Some(())
}

fn standard_message<'a>(rest: &mut Bytes<'a>) -> Option<[Arg<'a>; 12]> {
    let (stratum, poll, precision) = (rest.u8()?, rest.u8()?, rest.u8()?);
    let power = |exponent: u8| Arg::Time(f64::from(exponent as i8).exp2());
    let mut short = || Some(Arg::Time(f64::from(rest.u32()?) / 65_536.0));
    let (delay, dispersion) = (short()?, short()?);
    let reference = rest.take(4)?;
    // What it names depends on how far it is from a clock.
    let (mut kiss, mut clock, mut server) = (Arg::None, Arg::None, Arg::None);
    match stratum {
        0 => kiss = Arg::Str(reference),
        1 => clock = Arg::Str(reference),
        _ => {
            let bytes = reference.first_chunk::<4>().copied().unwrap_or_default();
            server = Arg::Addr(IpAddr::V4(Ipv4Addr::from(bytes)));
        }
    }
    let mut time = || Some(Arg::Time(unix(rest.u32()?, rest.u32()?)));
    Some([
        Arg::Count(stratum.into()),
        power(poll),
        power(precision),
        delay,
        dispersion,
        kiss,
        clock,
        server,
        time()?,
        time()?,
        time()?,
        time()?,
    ])
}

fn control_message(rest: &mut Bytes<'_>) -> Option<[Arg<'static>; 7]> {
    let second = rest.u8()?;
    Some([
        Arg::Count(u64::from(second & 31)),
        Arg::Bool(second & 128 != 0),
        Arg::Bool(second & 64 != 0),
        Arg::Bool(second & 32 != 0),
        Arg::Count(rest.u16()?.into()),
        Arg::Count(rest.u16()?.into()),
        Arg::Count(rest.u16()?.into()),
    ])
}

fn private_message(rest: &mut Bytes<'_>) -> Option<[Arg<'static>; 5]> {
    let (second, implementation, request, error) = (rest.u8()?, rest.u8()?, rest.u8()?, rest.u8()?);
    Some([
        Arg::Count(request.into()),
        Arg::Bool(second & 128 != 0),
        Arg::Count(u64::from(second & 127)),
        Arg::Count(implementation.into()),
        Arg::Count(u64::from(error >> 4)),
    ])
}

/// Seconds since 1970 of a time since 1900; 0 stays 0.
fn unix(seconds: u32, fraction: u32) -> f64 {
    if seconds == 0 && fraction == 0 {
        return 0.0;
    }
    f64::from(seconds) - 2_208_988_800.0 + f64::from(fraction) / 4_294_967_296.0
}
