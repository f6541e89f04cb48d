#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    missing_docs,
    clippy::print_stderr
)]
use meter::connections::*;
use std::io::{BufRead, BufWriter, Write};
use wire::{DecodeOptions, LinkType, Record, decode};

fn records(data: &[u8], mut each: impl FnMut(i64, u32, u16, &[u8])) {
    if data.len() < 24 {
        return;
    }
    let magic = u32::from_le_bytes(data[..4].try_into().unwrap());
    if magic == 0x0a0d0d0a {
        return ng(data, each);
    }
    let (le, nano, modified) = match magic {
        0xa1b2c3d4 => (true, false, false),
        0xa1b23c4d => (true, true, false),
        0xd4c3b2a1 => (false, false, false),
        0x4d3cb2a1 => (false, true, false),
        0xa1b2cd34 => (true, false, true),
        0x34cdb2a1 => (false, false, true),
        _ => return,
    };
    let u = |o: usize| {
        let b: [u8; 4] = data[o..o + 4].try_into().unwrap();
        if le {
            u32::from_le_bytes(b)
        } else {
            u32::from_be_bytes(b)
        }
    };
    let link = u(20) as u16;
    let mut at = 24;
    let h = if modified { 24 } else { 16 };
    while at + h <= data.len() {
        let (s, f, cap, orig) = (u(at), u(at + 4), u(at + 8) as usize, u(at + 12));
        at += h;
        if at + cap > data.len() {
            break;
        }
        each(
            s as i64 * 1_000_000_000 + f as i64 * if nano { 1 } else { 1000 },
            orig,
            link,
            &data[at..at + cap],
        );
        at += cap;
    }
}

fn ng(data: &[u8], mut each: impl FnMut(i64, u32, u16, &[u8])) {
    let mut le = true;
    let mut ifs: Vec<(u16, u64, u32)> = vec![];
    let mut at = 0;
    while at + 12 <= data.len() {
        if data[at..at + 4] == [0x0a, 0x0d, 0x0d, 0x0a] {
            le = data[at + 8] == 0x4d;
            ifs.clear();
        }
        let u = |o: usize| -> u32 {
            if o + 4 > data.len() {
                return 0;
            }
            let b: [u8; 4] = data[o..o + 4].try_into().unwrap();
            if le {
                u32::from_le_bytes(b)
            } else {
                u32::from_be_bytes(b)
            }
        };
        let u16_ = |o: usize| -> u16 {
            let b: [u8; 2] = data[o..o + 2].try_into().unwrap();
            if le {
                u16::from_le_bytes(b)
            } else {
                u16::from_be_bytes(b)
            }
        };
        let (kind, len) = (u(at), u(at + 4) as usize);
        if len < 12 || at + len > data.len() {
            break;
        }
        match kind {
            1 => {
                let mut per = 1_000_000u64;
                let mut o = at + 16;
                while o + 4 <= at + len - 4 {
                    let (code, olen) = (u16_(o), u16_(o + 2) as usize);
                    if code == 0 {
                        break;
                    }
                    if code == 9 {
                        let v = data[o + 4];
                        per = if v & 0x80 != 0 {
                            1 << (v & 0x7f)
                        } else {
                            10u64.pow(v as u32)
                        };
                    }
                    o += 4 + olen.div_ceil(4) * 4;
                }
                ifs.push((u16_(at + 8), per, u(at + 12)));
            }
            6 | 2 => {
                let i = if kind == 6 {
                    u(at + 8) as usize
                } else {
                    u16_(at + 8) as usize
                };
                let (link, per, _) = ifs.get(i).copied().unwrap_or((1, 1_000_000, 0));
                let ts = (u(at + 12) as u64) << 32 | u(at + 16) as u64;
                let cap = u(at + 20) as usize;
                if at + 28 + cap <= data.len() {
                    let ns = (ts as u128 * 1_000_000_000 / per as u128) as i64;
                    each(ns, u(at + 24), link, &data[at + 28..at + 28 + cap]);
                }
            }
            3 => {
                let orig = u(at + 8);
                let cap = (orig as usize).min(len - 16);
                let link = ifs.first().map_or(1, |i| i.0);
                each(0, orig, link, &data[at + 12..at + 12 + cap]);
            }
            _ => {}
        }
        at += len;
    }
}

fn main() {
    let out = std::io::stdout();
    let mut out = BufWriter::new(out.lock());
    let modern = std::env::args().nth(2).is_some();
    let root = std::env::args().nth(1).unwrap();
    for name in std::io::stdin().lock().lines() {
        let name = name.unwrap();
        let Ok(data) = std::fs::read(format!("{root}/{name}")) else {
            continue;
        };
        let mut tracker = Tracker::new(if modern {
            Config::default()
        } else {
            Config::bro_2_5()
        });
        let mut got = vec![];
        records(&data, |time_ns, wire_len, link, data| {
            let record = Record {
                time_ns: if modern {
                    time_ns
                } else {
                    time_ns / 1000 * 1000
                },
                wire_len,
                link_type: LinkType(link),
                data,
            };
            let packet = decode(&record, DecodeOptions::default());
            tracker.observe(&record, &packet, &mut |r| got.push(r));
        });
        tracker.finish(&mut |r| got.push(r));
        for r in got {
            write!(
                out,
                "{name}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
                r.ts_ns,
                r.orig_h,
                r.orig_p,
                r.resp_h,
                r.resp_p,
                r.proto.name(),
                r.service.unwrap_or("-"),
                r.duration_ns.map_or("-".into(), |d| d.to_string()),
                r.orig.bytes.map_or("-".into(), |d| d.to_string()),
                r.resp.bytes.map_or("-".into(), |d| d.to_string()),
                r.conn_state.name(),
                r.missed_bytes,
                if r.history.is_empty() {
                    "-"
                } else {
                    &r.history
                },
                r.orig.pkts,
                r.orig.ip_bytes,
                r.resp.pkts,
                r.resp.ip_bytes,
                r.ip_proto
            )
            .unwrap();
            for e in [&r.orig, &r.resp] {
                match e.conn_stats {
                    Some(s) => write!(
                        out,
                        "\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
                        s.num_pkts,
                        s.num_rxmit,
                        s.num_rxmit_bytes,
                        s.num_in_order,
                        s.num_oo,
                        s.num_repl,
                        s.endian_type
                    )
                    .unwrap(),
                    None => write!(out, "\t-\t-\t-\t-\t-\t-\t-").unwrap(),
                }
            }
            writeln!(out).unwrap();
        }
    }
}
