//! The shared captures: as many records as capinfos counts.

use wire::capture::Capture;

use super::support::{inventory, shared_data};

/// Where capinfos counts otherwise, and why.
const EXPLAINED: [(&str, &str); 1] = [(
    "crash-exception-cast-constructed-record.pcap",
    "capinfos takes the file for cut in its second record, of which all 259 bytes are there",
)];

#[test]
fn records_are_as_many_as_capinfos_counts() {
    let Some(data) = shared_data() else {
        println!("skipped: no shared captures");
        return;
    };
    let (mut agree, mut unread, mut differ) = (0, 0, Vec::new());
    for listed in inventory(&data) {
        if !data.join(&listed.path).is_file() {
            println!("skipped: no {}", listed.path);
            continue;
        }
        let Ok(expected) = listed.packets.parse::<u64>() else {
            unread += 1;
            continue;
        };
        let mut capture = match Capture::open(&data.join(&listed.path)) {
            Ok(capture) => capture,
            Err(error) => {
                differ.push(format!("{} ({}): {error}", listed.path, listed.format));
                continue;
            }
        };
        while capture.next_record().is_some() {}
        let facts = capture.facts();
        if facts.records == expected
            || EXPLAINED
                .iter()
                .any(|(name, _)| listed.path.ends_with(name))
        {
            agree += 1;
        } else {
            differ.push(format!(
                "{}: {} not {expected}, {:?}",
                listed.path, facts.records, facts.warnings
            ));
        }
    }
    println!("{agree} agree; of {unread} capinfos has no count");
    for line in &differ {
        println!("{line}");
    }
    assert!(agree > 0 && differ.is_empty(), "{} differ", differ.len());
}
