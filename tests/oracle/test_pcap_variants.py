"""Variants of pcap as Wireshark's editcap writes them hold the same packets."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import wiretell
from wiretell.schema import FLOWS
from wiretell.sources.capture import meter
from wiretell.sources.meter_options import MeterOptions

CAPTURES = ("pcap/zeek/ftp/ipv4.pcap", "pcap/zeek/smtp.pcap")
FORMATS = {
    "pcap": "pcap",
    "nokiapcap": "Nokia pcap",
    "rh6_1pcap": "modified pcap",
    "suse6_3pcap": "modified pcap",
    "modpcap": "modified pcap",
}


@pytest.mark.skipif(not shutil.which("editcap"), reason="editcap is missing")
@pytest.mark.parametrize("capture", CAPTURES)
@pytest.mark.parametrize("variant", FORMATS)
def test_a_variant_of_pcap_has_the_packets_of_the_file_that_it_was_made_of(
    variant: str, capture: str, shared_data: Path, tmp_path: Path
) -> None:
    original, written = shared_data / capture, tmp_path / "written.pcap"
    subprocess.run(["editcap", "-F", variant, str(original), str(written)], check=True)
    (facts,) = meter([str(written)], MeterOptions(), tables=(FLOWS,)).facts.files
    assert (facts.format, list(facts.warnings)) == (FORMATS[variant], [])
    assert wiretell.scan_packets(written).collect().equals(wiretell.scan_packets(original).collect())
