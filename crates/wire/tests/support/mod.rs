//! What several tests share: where the real captures are, and a writer of pcapng.
#![allow(dead_code)]

pub mod pcapng;

use std::path::PathBuf;

/// The folder with real captures: `WIRETELL_SHARED`, else `shared` beside the checkout.
pub fn shared_data() -> Option<PathBuf> {
    let shared = std::env::var_os("WIRETELL_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let data = shared.join("data");
    data.join("INVENTORY.tsv").is_file().then_some(data)
}

/// One line of the inventory of captures.
pub struct Listed {
    pub path: String,
    pub category: String,
    pub format: String,
    pub bytes: u64,
    pub link_types: String,
    /// Records as capinfos counts them; empty where it refuses.
    pub packets: String,
}

/// The captures in the inventory.
pub fn inventory(data: &std::path::Path) -> Vec<Listed> {
    let text = std::fs::read_to_string(data.join("INVENTORY.tsv")).unwrap();
    text.lines()
        .skip(1)
        .filter_map(|line| {
            let mut columns = line.split('\t').skip(1);
            Some(Listed {
                path: columns.next()?.to_owned(),
                category: columns.next()?.to_owned(),
                format: columns.next()?.to_owned(),
                bytes: columns.next()?.parse().unwrap_or(u64::MAX),
                link_types: columns.next()?.to_owned(),
                packets: columns.nth(1)?.to_owned(),
            })
        })
        .collect()
}
