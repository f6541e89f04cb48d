//! Where the bytes of a capture come from.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::error::{OpenError, Reason};

/// An input as a user names it.
#[derive(Clone, Debug)]
pub enum Source {
    /// A capture file, or a folder of them.
    Path(PathBuf),
    /// Standard input, after bytes of it that were already read.
    Stdin {
        /// What was read to find out what it is.
        prefix: Vec<u8>,
    },
    /// Another pipe, after bytes of it that were already read.
    Pipe {
        /// What the user calls it.
        name: String,
        /// Where it can be opened again.
        path: PathBuf,
        /// What was read to find out what it is.
        prefix: Vec<u8>,
    },
}

/// A reader that counts, for progress, what was read of the file as stored.
pub(super) struct Counted<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// An open input: its bytes as stored, their number if it is known, and whether more may come later.
pub(super) struct Opened {
    pub name: String,
    pub bytes: Box<dyn Read + Send>,
    pub size: Option<u64>,
    /// A pipe: what is there is handed on without waiting for more.
    pub is_pipe: bool,
}

pub(super) fn open_path(path: &Path, count: &Arc<AtomicU64>) -> Result<Opened, OpenError> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|error| OpenError::io(&name, error))?;
    let metadata = file
        .metadata()
        .map_err(|error| OpenError::io(&name, error))?;
    if metadata.is_dir() {
        return Err(OpenError::new(
            name,
            Reason::Io(io::Error::from(io::ErrorKind::IsADirectory)),
        ));
    }
    let size = metadata.is_file().then_some(metadata.len());
    let bytes = Box::new(Counted {
        inner: file,
        count: Arc::clone(count),
    });
    Ok(Opened {
        name,
        bytes,
        size,
        is_pipe: size.is_none(),
    })
}

pub(super) fn open_pipe(
    name: &str,
    path: &Path,
    prefix: Vec<u8>,
    count: &Arc<AtomicU64>,
) -> Result<Opened, OpenError> {
    let opened = open_path(path, count)?;
    count.fetch_add(prefix.len() as u64, Ordering::Relaxed);
    Ok(Opened {
        name: name.to_owned(),
        bytes: Box::new(Cursor::new(prefix).chain(opened.bytes)),
        ..opened
    })
}

pub(super) fn open_stdin(prefix: Vec<u8>, count: &Arc<AtomicU64>) -> Opened {
    // Large reads pass by the buffer of `Stdin`.
    let inner = Cursor::new(prefix).chain(io::stdin());
    let bytes = Box::new(Counted {
        inner,
        count: Arc::clone(count),
    });
    Opened {
        name: "-".to_owned(),
        bytes,
        size: None,
        is_pipe: true,
    }
}
