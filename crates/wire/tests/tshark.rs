//! Every decoded packet against tshark's fields of the outermost headers.
//!
//! Runs with `WIRETELL_TSHARK=some` (a sample of the shared captures), `all`, or a part of a path or link type.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    missing_docs
)]

mod support;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::process::{Command, Stdio};

use support::{Listed, inventory, shared_data};
use wire::capture::Capture;
use wire::{DecodeOptions, Fragment, LengthSource, Network, Packet, Record, Transport, decode};

const FIELDS: &[&str] = &[
    "frame.protocols",
    "ip.src",
    "ip.dst",
    "ip.proto",
    "ip.len",
    "ip.frag_offset",
    "ip.flags.mf",
    "ipv6.src",
    "ipv6.dst",
    "ipv6.nxt",
    "ipv6.plen",
    "ipv6.hopopts.nxt",
    "ipv6.routing.nxt",
    "ipv6.fraghdr.nxt",
    "ipv6.fraghdr.offset",
    "ipv6.fraghdr.more",
    "ipv6.dstopts.nxt",
    "ah.next_header",
    "tcp.srcport",
    "tcp.dstport",
    "tcp.len",
    "tcp.flags",
    "udp.srcport",
    "udp.dstport",
    "udp.length",
    "sctp.srcport",
    "sctp.dstport",
    "icmp.type",
    "icmp.code",
    "icmpv6.type",
    "icmpv6.code",
    "arp.opcode",
    "arp.src.proto_ipv4",
];

const PREFERENCES: &[&str] = &[
    "ip.defragment:FALSE",
    "ipv6.defragment:FALSE",
    "tcp.desegment_tcp_streams:FALSE",
    "tcp.analyze_sequence_numbers:FALSE",
    "wlan.defragment:FALSE",
    "ip.use_geoip:FALSE",
];

/// What both sides say of a packet, as text by name.
type Said = BTreeMap<&'static str, String>;

#[test]
fn packets_are_decoded_as_tshark_decodes_them() {
    let Some(data) = shared_data() else {
        println!("skipped: no shared captures");
        return;
    };
    if std::env::var_os("WIRETELL_TSHARK").is_none() {
        println!("skipped: WIRETELL_TSHARK is not set (to `some`, `all`, or a part of a path)");
        return;
    }
    if Command::new("tshark")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_err()
    {
        println!("skipped: no tshark");
        return;
    }
    let files = chosen(inventory(&data));
    let (mut packets, mut disagreements) = (0, Vec::new());
    for file in &files {
        packets += compare(&data, &file.path, &mut disagreements);
    }
    println!("{} files, {packets} packets", files.len());
    for line in &disagreements {
        println!("{line}");
    }
    assert!(packets > 0);
    assert_eq!(disagreements.len(), 0, "of {packets} packets");
}

/// Up to four small captures of every link type of every category, or all, or those named.
fn chosen(mut files: Vec<Listed>) -> Vec<Listed> {
    files.retain(|file| file.format == "pcap" || file.format == "pcapng");
    match std::env::var("WIRETELL_TSHARK").as_deref() {
        Ok("all") => files,
        Ok(part) if !part.is_empty() && part != "some" => {
            files.retain(|file| file.path.contains(part) || file.link_types.contains(part));
            files
        }
        _ => {
            let mut seen: HashMap<String, u32> = HashMap::new();
            files.retain(|file| file.bytes < 200_000);
            files.retain(|file| {
                let kind = format!("{} {} {}", file.category, file.format, file.link_types);
                let count = seen.entry(kind).or_default();
                *count += 1;
                *count <= 4
            });
            files
        }
    }
}

fn compare(data: &Path, path: &str, disagreements: &mut Vec<String>) -> usize {
    let file = data.join(path);
    let theirs = tshark(&file);
    let mut ours = Vec::new();
    let Ok(mut capture) = Capture::open(&file) else {
        println!("{path}: is no capture");
        return 0;
    };
    while let Some(record) = capture.next_record() {
        ours.push(said_by_us(&record));
    }
    if ours.len() != theirs.len() {
        println!(
            "{path}: {} records, tshark has {}",
            ours.len(),
            theirs.len()
        );
        return 0;
    }
    for (number, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
        for (key, value) in differences(ours, theirs) {
            if explained(path, &key, ours, theirs).is_none() {
                disagreements.push(format!(
                    "{path} {}: {key} {value} ({}; {})",
                    number + 1,
                    ours.get("fault").map_or("", |fault| fault),
                    theirs.get("protocols").map_or("", |protocols| protocols),
                ));
            }
        }
    }
    ours.len()
}

fn differences(ours: &Said, theirs: &Said) -> Vec<(String, String)> {
    let keys: std::collections::BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
    keys.into_iter()
        .filter(|key| !matches!(**key, "fault" | "protocols" | "beyond"))
        .filter(|key| ours.get(*key) != theirs.get(*key))
        .map(|key| {
            let text = |said: &Said| said.get(key).cloned().unwrap_or_else(|| "-".to_owned());
            (
                (*key).to_owned(),
                format!("{} not {}", text(ours), text(theirs)),
            )
        })
        .collect()
}

/// Why we and tshark differ on purpose.
fn explained(path: &str, key: &str, ours: &Said, theirs: &Said) -> Option<&'static str> {
    let fault = ours.get("fault").map_or("", String::as_str);
    let protocols = theirs.get("protocols").map_or("", String::as_str);
    if key == "payload" && ours.contains_key("fragment") {
        return Some("tshark gives no payload length of a first fragment");
    }
    if fault.contains("Transport, kind: Malformed") && matches!(key, "flags" | "payload") {
        return Some("of a malformed header each takes another part");
    }
    if fault.contains("Network, kind: Malformed") || fault.contains("Link, kind: Malformed") {
        return Some("tshark shows fields of malformed headers, we ignore the packet");
    }
    if key == "payload" && ours.contains_key("beyond") {
        return Some(
            "the IP length is beyond the record's: tshark takes the record's, we the header's",
        );
    }
    if key == "payload" && protocols.contains(":cfp:") {
        return Some("tshark takes the last four bytes under FabricPath for a check sequence");
    }
    if path.contains("mpls-eompls-cw") {
        return Some("tshark takes the control word for a part of the inner Ethernet header");
    }
    if protocols == "data" && path.contains("cve2015-0261") {
        return Some("tshark does not read SLIP");
    }
    if protocols.contains("6lowpan") {
        return Some("IEEE 802.15.4 is a link type that we know by name only");
    }
    if fault.contains("Transport, kind: Truncated") && protocols.ends_with("icmp") {
        return Some("tshark shows no field of an ICMP header that it cannot read whole");
    }
    if fault.contains("Network, kind: Truncated")
        && key == "protocol"
        && fault.contains("needed: 8")
    {
        return Some(
            "tshark takes the next header from an extension header that is cut after one byte",
        );
    }
    if key == "dst" && protocols.contains("ip") && path.contains("ipopts") {
        return Some("tshark shows the last hop of a source route as destination");
    }
    None
}

fn tshark(file: &Path) -> Vec<Said> {
    let mut command = Command::new("tshark");
    command
        .args(["-n", "-T", "fields", "-E", "occurrence=f", "-r"])
        .arg(file);
    for preference in PREFERENCES {
        command.args(["-o", preference]);
    }
    for field in FIELDS {
        command.args(["-e", field]);
    }
    let output = command.stderr(Stdio::null()).output().unwrap();
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| {
            let fields: HashMap<&str, &str> =
                FIELDS.iter().copied().zip(line.split('\t')).collect();
            said_by_tshark(&fields)
        })
        .collect()
}

fn said_by_tshark(fields: &HashMap<&str, &str>) -> Said {
    let get = |name: &str| fields.get(name).copied().filter(|text| !text.is_empty());
    let mut said = Said::new();
    let protocols = get("frame.protocols").unwrap_or("");
    said.insert("protocols", protocols.to_owned());
    let network = protocols
        .split(':')
        .find(|name| matches!(*name, "ip" | "ipv6" | "arp"));
    let mut set = |key, value: Option<&str>| {
        if let Some(value) = value {
            said.insert(key, value.to_owned());
        }
    };
    let is_later;
    let protocol: u8 = match network {
        Some("ip") => {
            set("src", get("ip.src"));
            set("dst", get("ip.dst"));
            set("len", get("ip.len"));
            let offset: u32 = get("ip.frag_offset").map_or(0, |text| text.parse().unwrap());
            let more = get("ip.flags.mf") == Some("1");
            is_later = offset > 0;
            set("fragment", fragment(offset, more).as_deref());
            set("protocol", get("ip.proto"));
            get("ip.proto").map_or(255, |text| text.parse().unwrap())
        }
        Some("ipv6") => {
            set("src", get("ipv6.src"));
            set("dst", get("ipv6.dst"));
            let len = get("ipv6.plen").map(|text| (text.parse::<u32>().unwrap() + 40).to_string());
            set("len", len.as_deref());
            let mut next = get("ipv6.nxt");
            let (mut offset, mut more) = (0, false);
            for _ in 0..8 {
                let field = match next {
                    Some("0") => "ipv6.hopopts.nxt",
                    Some("43") => "ipv6.routing.nxt",
                    Some("60") => "ipv6.dstopts.nxt",
                    Some("51") => "ah.next_header",
                    Some("44") => {
                        offset = get("ipv6.fraghdr.offset").map_or(0, |text| text.parse().unwrap());
                        more = get("ipv6.fraghdr.more") == Some("1");
                        "ipv6.fraghdr.nxt"
                    }
                    _ => break,
                };
                match get(field) {
                    Some(after) => next = Some(after),
                    None => break,
                }
                if offset > 0 {
                    break;
                }
            }
            is_later = offset > 0;
            set("fragment", fragment(offset, more).as_deref());
            set("protocol", next);
            next.map_or(255, |text| text.parse().unwrap())
        }
        Some("arp") => {
            set("arp", get("arp.opcode"));
            return said;
        }
        _ => return said,
    };
    if is_later {
        return said;
    }
    let (src, dst) = match protocol {
        6 => {
            set("payload", get("tcp.len"));
            let flags = get("tcp.flags")
                .and_then(|text| u16::from_str_radix(text.trim_start_matches("0x"), 16).ok())
                .map(|flags| (flags & 0x1ff).to_string());
            set("flags", flags.as_deref());
            ("tcp.srcport", "tcp.dstport")
        }
        17 | 136 => ("udp.srcport", "udp.dstport"),
        132 => ("sctp.srcport", "sctp.dstport"),
        1 => ("icmp.type", "icmp.code"),
        58 => ("icmpv6.type", "icmpv6.code"),
        _ => return said,
    };
    set("sport", get(src));
    set("dport", get(dst));
    said
}

fn fragment(offset: u32, more: bool) -> Option<String> {
    match (offset, more) {
        (0, false) => None,
        (0, true) => Some("first".to_owned()),
        (offset, _) => Some((offset * 8).to_string()),
    }
}

fn said_by_us(record: &Record<'_>) -> Said {
    let packet: Packet<'_> = decode(record, DecodeOptions::default());
    let mut said = Said::new();
    said.insert(
        "fault",
        packet
            .fault
            .map_or_else(String::new, |fault| format!("{fault:?}")),
    );
    let mut set = |key, value: String| {
        said.insert(key, value);
    };
    match packet.network {
        Network::Ip(ip) => {
            set("src", ip.src.to_string());
            set("dst", ip.dst.to_string());
            let len = match (ip.length_source, ip.src.is_ipv6()) {
                (LengthSource::Header, _) => ip.len,
                (_, true) => 40,
                (_, false) => ip.len,
            };
            set("len", len.to_string());
            let captured = ip.header.len() + ip.segment.len();
            if captured < ip.len as usize && record.data.len() >= record.wire_len as usize {
                set("beyond", "true".to_owned());
            }
            set("protocol", ip.protocol.to_string());
            match ip.fragment {
                Fragment::Whole => {}
                Fragment::First => set("fragment", "first".to_owned()),
                Fragment::Later(offset) => set("fragment", offset.to_string()),
            }
            let has_ports = matches!(ip.protocol, 6 | 17 | 136 | 132 | 1 | 58);
            match ip.transport {
                Transport::Unread | Transport::Other => {}
                _ if !has_ports => {}
                transport => {
                    let (sport, dport) = transport.ports();
                    set("sport", sport.to_string());
                    set("dport", dport.to_string());
                    if let Transport::Tcp(tcp) = transport {
                        set("flags", tcp.flags.to_string());
                        set("payload", ip.payload_len.to_string());
                    }
                }
            }
        }
        Network::Arp { operation, .. } => set("arp", operation.to_string()),
        Network::Other(_) | Network::None => {}
    }
    said
}
