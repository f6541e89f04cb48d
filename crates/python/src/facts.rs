//! The counters of a run as a dictionary with the fields of `wiretell/sources/facts.py`.

use std::collections::BTreeMap;

use meter::Tally;
use meter::events::HostsLeftOut;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use wire::capture::FileFacts;

use crate::packet_table::{fault_name, layer_name, link_label, network_label};

/// The keyword arguments of `CaptureFacts`.
pub fn to_dict<'py>(
    py: Python<'py>,
    tally: Tally,
    left_out: [HostsLeftOut; 2],
    files: Vec<FileFacts>,
) -> PyResult<Bound<'py, PyDict>> {
    let facts = PyDict::new(py);
    facts.set_item("read", tally.read())?;
    facts.set_item("decoded", tally.decoded)?;
    facts.set_item("truncated", tally.truncated)?;
    facts.set_item("ignored", tally.ignored)?;
    let faults = PyDict::new(py);
    for ((layer, kind), count) in &tally.faults {
        faults.set_item((layer_name(*layer), fault_name(*kind)), count)?;
    }
    facts.set_item("faults", faults)?;
    facts.set_item("wire_bytes", tally.wire_bytes)?;
    facts.set_item("captured_bytes", tally.captured_bytes)?;
    facts.set_item("start_ns", tally.span_ns.map(|(start, _)| start))?;
    facts.set_item("end_ns", tally.span_ns.map(|(_, end)| end))?;
    facts.set_item("ip_packets", tally.ip_packets)?;
    facts.set_item("ip_bytes", tally.ip_bytes)?;
    facts.set_item("networks", networks(py, &tally)?)?;
    facts.set_item("fragments_first", tally.fragments_first)?;
    facts.set_item("fragments_later", tally.fragments_later)?;
    facts.set_item("dont_fragment", tally.dont_fragment)?;
    facts.set_item("length_from_wire", tally.length_from_wire)?;
    facts.set_item("cut", tally.cut)?;
    facts.set_item("tunnels", &tally.tunnels)?;
    facts.set_item("filtered", tally.filtered)?;
    facts.set_item("sampled_out", tally.sampled_out)?;
    facts.set_item("evicted", tally.evicted)?;
    facts.set_item("flow_room", flow_room(py, &tally)?)?;
    facts.set_item("thinned", thinned(py, &tally)?)?;
    facts.set_item("connections", connections(py, &tally)?)?;
    facts.set_item("events", events(py, &tally, left_out)?)?;
    let sizes = PyDict::new(py);
    for (size, count) in tally.sizes.into_counts() {
        sizes.set_item(size, count)?;
    }
    facts.set_item("packet_sizes", sizes)?;
    let (bin_ns, bins) = tally.timeline.finish();
    let timeline = PyDict::new(py);
    timeline.set_item("bin_ns", bin_ns)?;
    let bins: Vec<_> = bins
        .into_iter()
        .map(|(start, bin)| (start, bin.packets, bin.bytes))
        .collect();
    timeline.set_item("bins", bins)?;
    facts.set_item("timeline", timeline)?;
    facts.set_item(
        "files",
        PyList::new(
            py,
            files
                .iter()
                .map(|file| file_dict(py, file))
                .collect::<PyResult<Vec<_>>>()?,
        )?,
    )?;
    Ok(facts)
}

fn flow_room<'py>(py: Python<'py>, tally: &Tally) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("flows", tally.flow_room.flows)?;
    dict.set_item("table_bytes", tally.flow_room.table_bytes)?;
    dict.set_item("filter_bytes", tally.flow_room.filter_bytes)?;
    Ok(dict)
}

fn thinned<'py>(py: Python<'py>, tally: &Tally) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for (window_ns, thinned) in &tally.thinned {
        let dict = PyDict::new(py);
        dict.set_item("window_ns", window_ns)?;
        dict.set_item("kept_flows", thinned.kept_flows)?;
        dict.set_item("kept_packets", thinned.kept_packets)?;
        dict.set_item("kept_bytes", thinned.kept_bytes)?;
        dict.set_item("thinned_flows", thinned.thinned_flows)?;
        dict.set_item("flows_error", thinned.flows_error)?;
        dict.set_item("thinned_packets", thinned.thinned_packets)?;
        dict.set_item("thinned_bytes", thinned.thinned_bytes)?;
        dict.set_item("rounds", thinned.rounds)?;
        dict.set_item("most_weight", thinned.most_weight)?;
        dict.set_item("missed_permille", thinned.missed_permille)?;
        list.append(dict)?;
    }
    Ok(list)
}

fn connections<'py>(py: Python<'py>, tally: &Tally) -> PyResult<Option<Bound<'py, PyDict>>> {
    let Some(counters) = &tally.connections else {
        return Ok(None);
    };
    let dict = PyDict::new(py);
    dict.set_item("packets", counters.packets)?;
    dict.set_item("connections", counters.connections)?;
    dict.set_item("reused", counters.reused)?;
    dict.set_item("evicted", counters.evicted)?;
    dict.set_item("bad_checksums", counters.bad_checksums)?;
    dict.set_item("offload_checksums", counters.offload_checksums)?;
    dict.set_item("unreadable", counters.unreadable)?;
    dict.set_item("lost_fragments", counters.lost_fragments)?;
    dict.set_item("left_out", counters.left_out)?;
    Ok(Some(dict))
}

fn events<'py>(
    py: Python<'py>,
    tally: &Tally,
    left_out: [HostsLeftOut; 2],
) -> PyResult<Option<Bound<'py, PyDict>>> {
    let Some(counters) = &tally.events else {
        return Ok(None);
    };
    let dict = PyDict::new(py);
    dict.set_item("events", counters.events)?;
    dict.set_item("violations", counters.violations)?;
    dict.set_item("given_up", counters.given_up)?;
    dict.set_item(
        "hosts_left_out",
        left_out.map(|left_out| (left_out.hosts, left_out.count, left_out.bytes)),
    )?;
    Ok(Some(dict))
}

fn networks<'py>(py: Python<'py>, tally: &Tally) -> PyResult<Bound<'py, PyDict>> {
    let networks = PyDict::new(py);
    let known = [
        ("ipv4", tally.ipv4),
        ("ipv6", tally.ipv6),
        ("arp", tally.arp),
        ("none", tally.no_network),
    ];
    for (name, count) in known.into_iter().filter(|(_, count)| *count > 0) {
        networks.set_item(name, count)?;
    }
    // A protocol may come under several numbers: raw and by LLC, for example.
    let mut named = BTreeMap::<String, u64>::new();
    for (number, count) in &tally.other_networks {
        *named.entry(network_label(*number)).or_default() += count;
    }
    for (name, count) in named {
        networks.set_item(name, count)?;
    }
    Ok(networks)
}

fn file_dict<'py>(py: Python<'py>, file: &FileFacts) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    dict.set_item("name", &file.name)?;
    dict.set_item("format", file.format)?;
    dict.set_item("compression", file.compression)?;
    let link_types = PyDict::new(py);
    for (link_type, count) in &file.link_types {
        link_types.set_item(link_label(*link_type), count)?;
    }
    dict.set_item("link_types", link_types)?;
    dict.set_item("records", file.records)?;
    dict.set_item("captured_bytes", file.captured_bytes)?;
    dict.set_item("wire_bytes", file.wire_bytes)?;
    dict.set_item("file_bytes", file.file_bytes)?;
    dict.set_item("snaplen", file.snaplen)?;
    dict.set_item("start_ns", file.span_ns.map(|(start, _)| start))?;
    dict.set_item("end_ns", file.span_ns.map(|(_, end)| end))?;
    dict.set_item("backward_steps", file.backward_steps)?;
    dict.set_item("dropped", file.dropped())?;
    let order = if file.big_endian {
        "big-endian"
    } else {
        "little-endian"
    };
    let mut descriptions = vec![("byte order", order.to_owned())];
    descriptions.extend(file.descriptions.iter().cloned());
    for interface in &file.interfaces {
        let words = [interface.name.clone(), interface.description.clone()];
        let text = words.into_iter().flatten().collect::<Vec<_>>().join(", ");
        if !text.is_empty() {
            descriptions.push(("interface", text));
        }
    }
    dict.set_item("descriptions", descriptions)?;
    dict.set_item(
        "warnings",
        file.warnings
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>(),
    )?;
    Ok(dict)
}
