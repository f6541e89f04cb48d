//! docs/event-names.md lists the events as they are. Run with `WIRETELL_BLESS=1` to rewrite its table.
#![allow(clippy::unwrap_used)]

use std::fmt::Write;
use std::path::Path;

use meter::events::Name;

#[test]
fn the_table_in_the_docs_is_the_one_in_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/event-names.md");
    let stored = std::fs::read_to_string(&path).unwrap();
    let head = "|---|---|---|\n";
    let at = stored.find(head).unwrap() + head.len();
    let mut text = stored[..at].to_owned();
    for name in Name::ALL {
        let (event, protocol) = (name.as_str(), name.protocol());
        let protocol = if protocol.is_empty() {
            "of the transport"
        } else {
            protocol
        };
        let arguments = name.arguments().replace(' ', ", ");
        writeln!(text, "| `{event}` | {protocol} | {arguments} |").unwrap();
    }
    if std::env::var_os("WIRETELL_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
    } else {
        assert!(stored == text, "rewrite with WIRETELL_BLESS=1");
    }
}
