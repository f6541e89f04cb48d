"""Opening an input once: a file, a FIFO or standard input, compressed or not, with a look at its first bytes.

What was looked at is not lost: a pipe cannot be rewound, so the bytes that were read stand in `Source.prefix` and
whoever reads on starts with them.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import select
import stat
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from wiretell.errors import InputError, NotSupported

if TYPE_CHECKING:
    from typing import Protocol

    class Decompressor(Protocol):
        """What the decompressors of the standard library have in common."""

        def decompress(self, data: bytes, max_length: int = ..., /) -> bytes:
            """Some more of the content."""
            ...


STDIN = "-"
PEEK_BYTES = 64 * 1024
PIPE_PEEK_BYTES = 24  # a live capture writes its file header, 24 bytes, and then nothing until a packet comes
READ_BYTES = 16 << 20
MAX_LINE_BYTES = 4 << 20

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"BZh", "bzip2"),
    (b"\x04\x22\x4d\x18", "lz4"),
)


@dataclass(slots=True)
class Source:
    """One input and what was already read of it.

    Attributes:
        name: Path as given, or `-` for standard input.
        prefix: First bytes as stored. Of a pipe they are gone from it; of a regular file they are still to be read.
        stream: The open pipe behind `prefix`; None for a regular file, which is opened by name.
    """

    name: str
    prefix: bytes = b""
    stream: BinaryIO | None = field(default=None, repr=False)
    _tell: Callable[[], int] | None = field(default=None, repr=False, compare=False)

    @property
    def bytes_read(self) -> int:
        """How many bytes, as stored, were read since it was opened."""
        return 0 if self._tell is None else self._tell()

    @property
    def is_pipe(self) -> bool:
        """Whether the bytes can be read only once."""
        return self.stream is not None

    @property
    def compression(self) -> str | None:
        """The compression that the first bytes tell; None if there is none."""
        return compression_of(self.prefix)

    @property
    def stored_bytes(self) -> int | None:
        """Size as stored; None for a pipe."""
        return None if self.is_pipe else Path(self.name).stat().st_size

    def raw(self) -> BinaryIO:
        """The bytes as stored, from the first one on."""
        if self.stream is None:
            file = Path(self.name).open("rb")  # noqa: SIM115  (the caller closes it)
            self._tell = file.tell
            return file
        joined = _Rejoined(self.prefix, self.stream)
        self._tell = joined.tell
        return cast(BinaryIO, io.BufferedReader(joined))

    def head(self, limit: int = PEEK_BYTES) -> bytes:
        """The first bytes after decompression: at most `limit`, fewer where the prefix yields no more."""
        return decompressed_head(self.prefix, limit)

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """The bytes after decompression; closed behind, all but standard input.

        Raises:
            NotSupported: if this machine cannot read the compression.
        """
        try:
            with self.raw() as raw, _decompressing(raw, self.compression, self.name) as stream:
                yield stream
        finally:
            self._tell = None
        if self.stream is not None and self.name != STDIN:
            self.stream.close()


def peek(name: str | os.PathLike[str] | Source, limit: int = PEEK_BYTES) -> Source:
    """Opens an input and looks at its first bytes.

    Raises:
        InputError: if it is missing, a folder, unreadable or empty.
    """
    if isinstance(name, Source):
        return name
    text = os.fspath(name)
    try:
        if text == STDIN:
            stream = cast(BinaryIO, sys.stdin.buffer)
            source = Source(text, _read_up_to(stream, limit, PIPE_PEEK_BYTES), stream)
        elif stat.S_ISREG(Path(text).stat().st_mode):
            with Path(text).open("rb") as file:
                source = Source(text, _read_up_to(cast(BinaryIO, file), limit, limit))
        else:
            stream = cast(BinaryIO, Path(text).open("rb"))  # noqa: SIM115  (the source keeps it open)
            source = Source(text, _read_up_to(stream, limit, PIPE_PEEK_BYTES), stream)
    except IsADirectoryError:
        raise InputError(f"{text} is a folder", hint="name the files in it, or a pattern") from None
    except OSError as error:
        raise InputError(f"{text}: {(error.strerror or str(error)).lower()}") from None
    if not source.prefix:
        raise InputError(f"{'standard input' if text == STDIN else text} is empty")
    return source


def compression_of(prefix: bytes) -> str | None:
    """The compression that the first bytes tell by their magic number."""
    for magic, name in _MAGIC:
        if prefix.startswith(magic):
            return name
    return None


def decompressed_head(prefix: bytes, limit: int = PEEK_BYTES) -> bytes:
    """What the first stored bytes hold, at most `limit` of it; lz4 is not looked into and yields nothing."""
    compression = compression_of(prefix)
    if compression is None:
        return prefix[:limit]
    decompressor: Decompressor
    match compression:
        case "gzip":
            decompressor = cast("Decompressor", zlib.decompressobj(wbits=31))
        case "bzip2":
            decompressor = bz2.BZ2Decompressor()
        case "xz":
            decompressor = lzma.LZMADecompressor()
        case "zstd":
            decompressor = cast("Decompressor", _zstd().ZstdDecompressor())
        case _:
            return b""
    head = b""
    for start in range(0, len(prefix), 4096):  # in steps, so that what stands before a fault is not lost with it
        try:
            head += decompressor.decompress(prefix[start : start + 4096], limit - len(head))
        except (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError):
            break
        except Exception as error:  # zstd has an error class of its own
            if type(error).__name__ != "ZstdError":
                raise
            break
        if len(head) >= limit:
            break
    return head


@dataclass(slots=True)
class Lines:
    """Reads whole lines in large blocks, with bounded memory; what ends the input early becomes a warning.

    Attributes:
        stream: Where the bytes come from.
        block_bytes: About this much is handed out at once.
        warnings: Why reading ended early, one line each.
        overlong: Line numbers (from 1) of lines beyond `MAX_LINE_BYTES`, which are left out.
        ended_in_line: Whether the last line has no line feed.
        interrupted: Whether Ctrl-C ended reading.
    """

    stream: BinaryIO
    block_bytes: int = 16 << 20
    warnings: list[str] = field(default_factory=list)
    overlong: list[int] = field(default_factory=list)
    ended_in_line: bool = False
    interrupted: bool = False

    def blocks(self) -> Iterator[tuple[int, bytes]]:
        """Yields `(number of the first line, whole lines)`; every block ends with a line feed."""
        number, rest, skipping = 1, b"", False
        parts: list[bytes] = []
        size = 0
        for data in self._chunks():
            parts.append(data)
            size += len(data)
            if size < self.block_bytes:
                continue
            block = b"".join((rest, *parts))
            parts, size = [], 0
            if skipping:
                at = block.find(b"\n")
                if at < 0:
                    rest = b""
                    continue
                block, skipping = block[at + 1 :], False
                number += 1
            end = block.rfind(b"\n") + 1
            block, rest = block[:end], block[end:]
            if len(rest) > MAX_LINE_BYTES:
                rest, skipping = b"", True
            if block:
                yield number, block
                number += block.count(b"\n")
            if skipping:
                self.overlong.append(number)
        block = rest + b"".join(parts)
        if skipping:
            at = block.find(b"\n")
            block = block[at + 1 :] if at >= 0 else b""
            number += 1
        if block:
            self.ended_in_line = not block.endswith(b"\n")
            yield number, block + b"\n" if self.ended_in_line else block

    def _chunks(self) -> Iterator[bytes]:
        read = getattr(self.stream, "read1", self.stream.read)
        while True:
            try:
                data = read(min(READ_BYTES, self.block_bytes))
            except KeyboardInterrupt:
                self.interrupted = True
                return
            except EOFError:
                self.warnings.append("the compressed data ends in the middle; what stands before is used")
                return
            except (OSError, zlib.error, lzma.LZMAError) as error:
                self.warnings.append(f"the rest cannot be read: {error}")
                return
            except Exception as error:
                if type(error).__name__ != "ZstdError":
                    raise
                self.warnings.append(f"the rest cannot be read: {error}")
                return
            if not data:
                return
            yield data


def expand(
    inputs: Sequence[str | os.PathLike[str] | Source], pattern: str, without: str | None = None
) -> list[str | Source]:
    """Replaces every folder by its files that match the first pattern and not the second, in order of name.

    Files of the folders in it are among them; links to folders are not followed.

    Raises:
        InputError: if a folder holds no such file.
    """
    names: list[str | Source] = []
    for item in inputs:
        if isinstance(item, Source):
            names.append(item)
        elif os.fspath(item) != STDIN and Path(item).is_dir():
            left_out = set(Path(item).rglob(without)) if without else set()
            found = sorted(path for path in Path(item).rglob(pattern) if path.is_file() and path not in left_out)
            if not found:
                raise InputError(f"{os.fspath(item)}: no {pattern} in this folder or one below")
            names += [str(path) for path in found]
        else:
            names.append(os.fspath(item))
    return names


class _Rejoined(io.RawIOBase):
    """A pipe with the bytes in front of it that were read off it."""

    def __init__(self, prefix: bytes, stream: BinaryIO) -> None:
        self._prefix = memoryview(prefix)
        self._count = 0
        self._stream = stream
        self._read = getattr(stream, "read1", stream.read)

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._count

    def readinto(self, buffer: Any) -> int:
        if self._prefix:
            count = min(len(buffer), len(self._prefix))
            buffer[:count], self._prefix = self._prefix[:count], self._prefix[count:]
        else:
            _wait_for(self._stream)
            data = self._read(len(buffer)) or b""
            buffer[: len(data)] = data
            count = len(data)
        self._count += count
        return count


def _wait_for(stream: BinaryIO) -> None:
    """Waits until a pipe has something to read, so that Ctrl-C is noticed.

    Polars takes the signal over such that a read that waits goes on waiting; waiting for several is always interrupted.
    """
    with suppress(ValueError, OSError):  # a stream that is no file
        select.select([stream], [], [])


def _read_up_to(stream: BinaryIO, limit: int, enough: int) -> bytes:
    """Reads until there is enough or the end, never beyond the limit; a pipe hands out what it has."""
    read = getattr(stream, "read1", stream.read)
    data = b""
    while len(data) < enough and (part := read(limit - len(data))):
        data += part
    return data


def _decompressing(raw: BinaryIO, compression: str | None, name: str) -> BinaryIO:
    match compression:
        case None:
            return raw
        case "gzip":
            return cast(BinaryIO, gzip.GzipFile(fileobj=raw))
        case "bzip2":
            return cast(BinaryIO, bz2.BZ2File(raw))
        case "xz":
            return cast(BinaryIO, lzma.LZMAFile(raw))
        case "zstd":
            return cast(BinaryIO, _zstd().ZstdFile(raw))
    raise NotSupported(
        f"{name}: {compression} is not read here", hint=f"decompress it first: {compression} -dc FILE | ..."
    )


def _zstd() -> Any:
    """The zstd module of the standard library (3.14), or its backport."""
    import importlib

    for name in ("compression.zstd", "backports.zstd"):
        with suppress(ImportError):
            return importlib.import_module(name)
    raise NotSupported("zstd needs Python 3.14 or the package backports.zstd", hint="pip install backports.zstd")
