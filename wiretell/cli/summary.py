"""`wiretell summary`: what fills the link."""

from __future__ import annotations

from wiretell.cli import options as o


def command(
    inputs: o.Inputs = None,
    by_bytes: o.Bytes = False,
    by: o.By = None,
    top: o.Top = 10,
    interval: o.Interval = None,
    verbose: o.Verbose = False,
    local: o.Local = None,
    external: o.External = False,
    exclude: o.Exclude = None,
    ports: o.Ports = None,
    any_port: o.AnyPort = False,
    write_ports: o.WritePorts = None,
    tcp: o.Tcp = False,
    udp: o.Udp = False,
    min_time: o.MinTime = None,
    max_time: o.MaxTime = None,
    time_zone: o.TimeZone = "UTC",
    resolve: o.Resolve = False,
    sample_factor: o.SampleFactor = 1.0,
    sample: o.Sample = None,
    seed: o.Seed = 0,
    save_memory: o.SaveMemory = False,
    skip_zero_seq: o.ZeroSeq = False,
    decap: o.Decap = False,
    threads: o.Threads = None,
    r_tables: o.RTables = None,
    as_json: o.Json = False,
    csv: o.Csv = None,
    parquet: o.Parquet = None,
    conn_log: o.ConnLog = False,
    conn_version: o.ConnVersion = 0,
) -> int:
    """What fills the link."""
    from wiretell.cli.summary_output import check, write
    from wiretell.cli.summary_run import Request, run

    del conn_log
    request = Request(
        inputs=inputs or ["-"],
        unit=by,
        by_bytes=by_bytes,
        top=top,
        interval=interval,
        verbose=verbose,
        local=local,
        external=external,
        exclude=exclude,
        ports=ports,
        any_port=any_port,
        tcp=tcp,
        udp=udp,
        min_time=min_time,
        max_time=max_time,
        time_zone=time_zone,
        resolve=resolve,
        sample_factor=sample_factor,
        sample=sample,
        seed=seed,
        save_memory=save_memory,
        skip_zero_seq=skip_zero_seq,
        decap=decap,
        threads=threads,
        r_tables=r_tables is not None,
        conn_version=conn_version,
        all_ports=write_ports is not None,
    )
    check(
        [*request.inputs, local, exclude, ports],
        as_json=as_json,
        csv=csv,
        parquet=parquet,
        r_tables=r_tables,
        write_ports=write_ports,
    )
    result = run(request)
    return write(result, as_json=as_json, csv=csv, parquet=parquet, r_tables=r_tables, write_ports=write_ports)
