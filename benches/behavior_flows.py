"""Flows of one window for the bench of the behavior analysis: a busy link with scanners and a flood, from a seed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl

from wiretell.engines.polars import polars_schema
from wiretell.schema import FLOWS

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
SECONDS = 300
WEB, DNS, PEERS, SCAN = 0.62, 0.2, 0.06, 0.07
"""Shares of the flows; what is left floods one host."""

Part = dict[str, np.ndarray]


def flows_file(folder: Path, flows: int, hosts: int, seed: int = 1) -> Path:
    """A Parquet file of a `flows` table; made once."""
    path = folder / f"flows-{flows}-{hosts}-{seed}.parquet"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        flow_table(flows, hosts, seed).write_parquet(path)
    return path


def flow_table(flows: int, hosts: int, seed: int = 1) -> pl.DataFrame:
    """A `flows` table of one window of five minutes, in the order of its starts.

    Args:
        flows: Rows.
        hosts: Different addresses, about: 2 % of them serve, a fifth floods.
        seed: The same gives the same table.
    """
    chance = np.random.default_rng(seed)
    servers = hosts // 50
    clients = hosts - servers - hosts // 5
    web = _dialogs(chance, int(flows * WEB / 2), clients, servers, (443, 80), 6, 12)
    dns = _dialogs(chance, int(flows * DNS / 2), clients, max(servers // 100, 4), (53,), 17, 1)
    peers = _peers(chance, int(flows * PEERS), clients)
    scan = _scan(chance, int(flows * SCAN), clients)
    rest = flows - sum(len(part["protocol"]) for part in (*web, *dns, peers, scan))
    flood = _flood(chance, rest, hosts)
    parts = [*web, *dns, peers, scan, flood]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = chance.permutation(flows)
    return _frame({name: column[order] for name, column in columns.items()}, chance)


def _zipf(chance: np.random.Generator, size: int, values: int) -> np.ndarray:
    """Ranks from 0, drawn with the frequency 1 / (rank + 1)."""
    ranks: np.ndarray = np.minimum(np.exp(chance.random(size) * np.log(values + 1)) - 1, values - 1).astype(np.int64)
    return ranks


def _dialogs(
    chance: np.random.Generator,
    size: int,
    clients: int,
    servers: int,
    ports: tuple[int, ...],
    protocol: int,
    packets: int,
) -> list[Part]:
    """Requests and their answers."""
    client = chance.integers(0, clients, size)
    busy = chance.random(size) < 0.5
    client[busy] = _zipf(chance, int(busy.sum()), clients)
    server = clients + _zipf(chance, size, servers)
    client_port = chance.integers(32_768, 61_000, size)
    port = chance.choice(np.array(ports), size)
    count = chance.geometric(1 / packets, size)
    there = _part(client, server, client_port, port, protocol, count, 0x1B)
    back = _part(server, client, port, client_port, protocol, count + chance.integers(0, 3, size), 0x1B)
    return [there, back]


def _peers(chance: np.random.Generator, size: int, clients: int) -> Part:
    one, other = chance.integers(0, max(clients // 100, 2), size), chance.integers(0, clients, size)
    ports = (chance.integers(1024, 65_536, size), chance.integers(1024, 65_536, size))
    return _part(one, other, *ports, 17, chance.geometric(0.05, size), 0)


def _scan(chance: np.random.Generator, size: int, clients: int) -> Part:
    source, target = _zipf(chance, size, 40), chance.integers(0, clients, size)
    port = np.where(source % 2 == 0, 445, 23)
    return _part(source, target, chance.integers(1024, 65_536, size), port, 6, np.ones(size, np.int64), 0x02)


def _flood(chance: np.random.Generator, size: int, hosts: int) -> Part:
    source, target = hosts - 1 - chance.integers(0, hosts // 5, size), np.full(size, hosts * 39 // 50)
    port = np.full(size, 80)
    return _part(source, target, chance.integers(1024, 65_536, size), port, 6, np.ones(size, np.int64), 0x02)


def _part(
    source: np.ndarray, target: np.ndarray, source_port: np.ndarray, target_port: np.ndarray, protocol: int,
    packets: np.ndarray, flags: int,
) -> Part:  # fmt: skip
    size = len(source)
    return {
        "src_ip": source,
        "dst_ip": target,
        "src_port": source_port,
        "dst_port": target_port,
        "protocol": np.full(size, protocol),
        "packets": packets,
        "tcp_flags": np.full(size, flags),
    }


def _frame(columns: Part, chance: np.random.Generator) -> pl.DataFrame:
    size = len(columns["protocol"])
    start = np.sort(chance.integers(0, SECONDS * 1_000_000, size))
    each = chance.integers(40, 1400, size)
    frame = pl.DataFrame(columns).with_columns(
        pl.lit(NOON).alias("window"),
        (pl.lit(NOON).dt.timestamp("us") + pl.Series(start)).cast(pl.Datetime("us", "UTC")).alias("start"),
        (pl.col("packets") * pl.Series(each)).alias("bytes"),
    )
    frame = frame.with_columns(
        (pl.col("start") + pl.duration(microseconds=pl.col("packets") * 20_000)).alias("end"),
        (pl.col("bytes") - pl.col("packets") * 40).alias("payload_bytes"),
        (pl.col("bytes").cast(pl.Float64) * 1400).alias("bytes_squared"),
        *(_address(name) for name in ("src_ip", "dst_ip")),
        **{"fragments": pl.lit(0), "end_reason": pl.lit(1), "sampling": pl.lit(1)},
        **{name: pl.lit(None) for name in ("vlan", "exporter")},
    )
    schema = polars_schema(FLOWS)
    return frame.select(pl.col(name).cast(kind) for name, kind in schema.items())


def _address(name: str) -> pl.Expr:
    """Every tenth host has an IPv6 address."""
    number = pl.col(name)
    four = pl.format("10.{}.{}.{}", number // 65_536, number // 256 % 256, number % 256)
    six = pl.format("2001:db8::{}:{}", number // 65_536 + 1, number % 65_536)
    return pl.when(number % 10 == 9).then(six).otherwise(four).alias(name)
