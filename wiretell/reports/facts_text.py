"""The facts of captures as text: what was read, over what time, and what was not used."""

from __future__ import annotations

from datetime import UTC, tzinfo

from rich.console import Group, RenderableType
from rich.text import Text

from wiretell.reports.blocks import NOTE, TITLE, WARNING, pairs
from wiretell.reports.numbers import count, duration, exact, many, share, shown_name, span, volume
from wiretell.sources.facts import CaptureFacts, FileFacts

FILES_SHOWN = 8
WARNINGS_SHOWN = 10


def facts_block(facts: CaptureFacts, width: int, zone: tzinfo = UTC, files: int = FILES_SHOWN) -> RenderableType:
    """The block of facts, with so many of the files."""
    known = [file for file in facts.files if file.format != "folder"]  # a folder only has warnings
    rows = [("Files", _file(file)) for file in known[:files]]
    if len(known) > 1:
        rows = [(str(number), text) for number, (_, text) in enumerate(rows, start=1)]
    hidden = len(known) - files
    if hidden > 0:
        rows.append(("…", many(hidden, "more file")))
    rows.append(("Read", _read(facts)))
    rows.append(("Network", _networks(facts)))
    rows.extend(_optional(facts))
    if facts.start_ns is not None and facts.end_ns is not None:
        length = duration((facts.end_ns - facts.start_ns) / 1e9)
        rows.append(("Time", f"{span(facts.start_ns // 1000, facts.end_ns // 1000, zone)}, {length}"))
    rows = [(name if name != "Files" else "File", text) for name, text in rows]
    return Group(Text("Capture", style=TITLE), pairs(rows, width), *_warnings(facts))


def _file(file: FileFacts) -> str:
    links = ", ".join(
        name if len(file.link_types) == 1 else f"{name} {count(packets)}" for name, packets in file.link_types.items()
    )
    parts = [file.format + (f" in {file.compression}" if file.compression else ""), links]
    if file.file_bytes is not None:
        parts.append(volume(file.file_bytes))
    parts.append(many(file.records, "packet"))
    if file.snaplen is not None and file.captured_bytes < file.wire_bytes:
        parts.append(f"snaplen {exact(file.snaplen)}")
    if file.dropped:
        parts.append(f"{exact(file.dropped)} dropped while capturing")
    return f"{shown_name(file.name)}: " + ", ".join(part for part in parts if part)


def _read(facts: CaptureFacts) -> str:
    parts = [f"{many(facts.read, 'packet')}, {volume(facts.wire_bytes)} on the wire"]
    if facts.captured_bytes < facts.wire_bytes:
        kept = share(facts.captured_bytes / facts.wire_bytes)
        parts.append(f"{volume(facts.captured_bytes)} captured ({kept}; {many(facts.cut, 'packet')} cut)")
    parts.append(f"{exact(facts.decoded)} decoded, {exact(facts.truncated)} truncated, {exact(facts.ignored)} ignored")
    return "; ".join(parts)


def _networks(facts: CaptureFacts) -> str:
    names = {"ipv4": "IPv4", "ipv6": "IPv6", "arp": "ARP"}
    ordered = sorted(facts.networks.items(), key=lambda item: (-item[1], item[0]))
    parts = [f"{names.get(name, name)} {count(packets)}" for name, packets in ordered[:8] if packets]
    if len(ordered) > 8:
        parts.append(f"{len(ordered) - 8} more kinds")
    fragments = facts.fragments_first + facts.fragments_later
    if fragments:
        parts.append(f"fragments {exact(facts.fragments_first)} first, {exact(facts.fragments_later)} later")
    if facts.dont_fragment:
        parts.append(f"don't-fragment bit {count(facts.dont_fragment)}")
    return ", ".join(parts) or "nothing"


def _optional(facts: CaptureFacts) -> list[tuple[str, str]]:
    rows = []
    if facts.tunnels:
        rows.append(("Tunnels", ", ".join(f"{name} {count(packets)}" for name, packets in facts.tunnels.items())))
    if facts.filtered or facts.sampled_out:
        left = [f"{exact(facts.filtered)} by filters"] if facts.filtered else []
        left += [f"{exact(facts.sampled_out)} by sampling"] if facts.sampled_out else []
        rows.append(("Left out", ", ".join(left)))
    if facts.length_from_wire:
        rows.append(
            ("Offload", f"{many(facts.length_from_wire, 'packet')} without IP length; that of the wire is used")
        )
    if facts.evicted:
        rows.append(("Evicted", f"{many(facts.evicted, 'flow')} written early for lack of room; nothing is lost"))
    if facts.thinned:
        flows = sum(window.thinned_flows for window in facts.thinned)
        packets = sum(window.thinned_packets for window in facts.thinned)
        rows.append(
            ("Thinned", f"{many(flows, 'flow')} of {many(packets, 'packet')}, under attack; counted all the same")
        )
    if facts.faults:
        ordered = sorted(facts.faults.items(), key=lambda item: (-item[1], item[0]))
        faults = [f"{layer} {kind} {exact(packets)}" for (layer, kind), packets in ordered[:6]]
        rows.append(("Faults", ", ".join(faults) + (", …" if len(ordered) > 6 else "")))
    return rows


def _warnings(facts: CaptureFacts) -> list[Text]:
    lines = [
        f"{shown_name(file.name)}: {warning}" if not warning.startswith(file.name) else warning
        for file in facts.files
        for warning in file.warnings
    ]
    backward = sum(file.backward_steps for file in facts.files)
    if backward:
        lines.append(
            "1 packet is earlier than the one before it"
            if backward == 1
            else f"{exact(backward)} packets are earlier than those before them"
        )
    shown = [Text(f"! {line}", style=WARNING) for line in lines[:WARNINGS_SHOWN]]
    if len(lines) > WARNINGS_SHOWN:
        shown.append(Text(f"! {len(lines) - WARNINGS_SHOWN} more warnings", style=NOTE))
    return shown
