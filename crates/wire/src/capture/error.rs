//! Why an input cannot be opened: each reason is one line.

use std::fmt;
use std::io;

/// An input that cannot be read.
#[derive(Debug)]
pub struct OpenError {
    /// The input as it was named.
    pub name: String,
    /// What is wrong with it.
    pub reason: Reason,
}

/// What is wrong with an input.
#[derive(Debug)]
#[allow(missing_docs)]
pub enum Reason {
    NoInput,
    Missing,
    NoPermission,
    Empty,
    NoCapture {
        looks_like: Option<&'static str>,
    },
    NoCaptureInFolder {
        files: u64,
        /// Of these.
        unreadable: u64,
    },
    /// The compressed file shows nothing of what is in it.
    Compressed {
        how: &'static str,
        error: io::Error,
    },
    Io(io::Error),
}

impl OpenError {
    pub(super) fn new(name: impl Into<String>, reason: Reason) -> OpenError {
        OpenError {
            name: name.into(),
            reason,
        }
    }

    pub(super) fn compressed(
        name: impl Into<String>,
        how: &'static str,
        error: io::Error,
    ) -> OpenError {
        OpenError::new(name, Reason::Compressed { how, error })
    }

    pub(super) fn io(name: impl Into<String>, error: io::Error) -> OpenError {
        let reason = match error.kind() {
            io::ErrorKind::NotFound => Reason::Missing,
            io::ErrorKind::PermissionDenied => Reason::NoPermission,
            _ => Reason::Io(error),
        };
        OpenError::new(name, reason)
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.name == "-" {
            "standard input"
        } else {
            &self.name
        };
        match &self.reason {
            Reason::NoInput => write!(f, "no input"),
            Reason::Missing => write!(f, "{name}: no such file or directory"),
            Reason::NoPermission => write!(f, "{name}: no permission to read it"),
            Reason::Empty => write!(f, "{name}: is empty"),
            Reason::NoCapture { looks_like: None } => {
                write!(f, "{name}: is no capture (pcap, pcapng or snoop)")
            }
            Reason::NoCapture {
                looks_like: Some(what),
            } => {
                write!(
                    f,
                    "{name}: is no capture (pcap, pcapng or snoop); it looks like {what}"
                )
            }
            Reason::NoCaptureInFolder { files: 0, .. } => write!(f, "{name}: the folder is empty"),
            Reason::NoCaptureInFolder { files, unreadable } => {
                match files {
                    1 => write!(f, "{name}: the only file in the folder is no capture")?,
                    _ => write!(
                        f,
                        "{name}: none of the {files} files in the folder is a capture"
                    )?,
                }
                match unreadable {
                    0 => Ok(()),
                    _ => write!(f, " ({unreadable} cannot be read)"),
                }
            }
            Reason::Compressed { how, error } if error.kind() == io::ErrorKind::UnexpectedEof => {
                write!(f, "{name}: the {how} file is cut before its first record")
            }
            Reason::Compressed { how, error } => write!(f, "{name}: broken {how} file: {error}"),
            Reason::Io(error) => write!(f, "{name}: {error}"),
        }
    }
}

impl std::error::Error for OpenError {}
