//! Several files as one stream in order of time.

use std::path::{Path, PathBuf};

use wire::capture::write::{PcapOptions, PcapWriter};
use wire::capture::{Block, FileFacts, Inputs, Source};
use wire::{LinkType, Record};

/// A folder of its own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("wire-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    /// A capture with records at these times; its number is in every record.
    fn capture(&self, name: &str, number: u8, times: impl IntoIterator<Item = i64>) -> PathBuf {
        let path = self.0.join(name);
        let mut writer = PcapWriter::new(Vec::new(), PcapOptions::default()).unwrap();
        for time_ns in times {
            let record = Record {
                time_ns,
                wire_len: 1,
                link_type: LinkType::ETHERNET,
                data: &[number],
            };
            writer.write(&record).unwrap();
        }
        std::fs::write(&path, writer.finish().unwrap()).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn merged(paths: &[&Path]) -> (Vec<(i64, u8)>, Vec<FileFacts>) {
    let sources: Vec<_> = paths
        .iter()
        .map(|path| Source::Path(path.to_path_buf()))
        .collect();
    let mut inputs = Inputs::open(&sources).unwrap();
    let (mut records, mut block) = (Vec::new(), Block::default());
    loop {
        let more = inputs.fill(&mut block);
        records.extend(block.iter().map(|record| (record.time_ns, record.data[0])));
        if !more {
            break;
        }
    }
    let progress = inputs.progress();
    assert_eq!(Some(progress.bytes_read), progress.bytes_total);
    (records, inputs.facts())
}

#[test]
fn overlapping_files_come_in_order_of_time_and_equal_times_in_order_of_naming() {
    let folder = Folder::new("overlap");
    let paths = [
        folder.capture("c", 0, (0..30_000).map(|at| at * 3)),
        folder.capture("b", 1, (0..30_000).map(|at| at * 2)),
        folder.capture("a", 2, (50_000..80_000).map(|at| at / 2)),
        folder.capture("empty", 3, []),
        folder.capture("late", 4, (200_000..230_000).collect::<Vec<_>>()),
    ];
    let (records, facts) = merged(&paths.iter().map(PathBuf::as_path).collect::<Vec<_>>());
    assert_eq!(records.len(), 120_000);
    assert!(records.is_sorted());
    let counts: Vec<_> = facts.iter().map(|file| file.records).collect();
    assert_eq!(counts, [30_000, 30_000, 30_000, 0, 30_000]);
    assert!(facts.iter().all(|file| file.warnings.is_empty()));
}

#[test]
fn a_file_that_goes_back_in_time_keeps_its_order() {
    let folder = Folder::new("backward");
    let one = folder.capture("one", 0, [5, 3, 9, 1, 20]);
    let two = folder.capture("two", 1, [4, 6, 10]);
    let (records, _) = merged(&[&one, &two]);
    assert_eq!(
        records,
        [
            (4, 1),
            (5, 0),
            (3, 0),
            (6, 1),
            (9, 0),
            (1, 0),
            (10, 1),
            (20, 0)
        ]
    );
    assert_eq!(merged(&[&one]).0.len(), 5);
}

#[test]
fn a_folder_is_all_captures_in_it_and_says_what_it_left_out() {
    let folder = Folder::new("folder");
    for at in 0..300_u32 {
        // Three in a row overlap.
        let start = i64::from(at / 3) * 1000;
        folder.capture(&format!("{at:03}.pcap"), (at % 3) as u8, start..start + 50);
    }
    std::fs::create_dir_all(folder.0.join("deeper")).unwrap();
    folder.capture("deeper/more.pcap", 9, [7]);
    std::fs::write(folder.0.join("notes.txt"), "these are notes").unwrap();
    #[cfg(unix)]
    for name in ["round", "again"] {
        std::os::unix::fs::symlink(&folder.0, folder.0.join(name)).unwrap();
    }
    let (records, facts) = merged(&[&folder.0]);
    assert_eq!(records.len(), 300 * 50 + 1);
    assert!(records.is_sorted());
    assert_eq!(facts.len(), 302);
    assert_eq!(facts[0].format, "folder");
    let warnings: Vec<_> = facts[0].warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings, ["1 × file that is no capture"]);
}

#[test]
fn a_folder_without_a_capture_is_refused_in_one_line() {
    let folder = Folder::new("none");
    let refusal = || {
        Inputs::open(&[Source::Path(folder.0.clone())])
            .unwrap_err()
            .to_string()
    };
    assert!(refusal().contains("the folder is empty"));
    std::fs::write(folder.0.join("notes.txt"), "these are notes").unwrap();
    assert!(refusal().contains("the only file in the folder is no capture"));
}
