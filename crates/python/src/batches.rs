//! Rows as Arrow batches, with the names of their tables.

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;
use meter::{Networks, Rows};

use crate::numbers::Numbers;
use crate::{
    cluster_count_table, connection_table, event_table, flow_table, packet_table, sum_table,
};

/// Batches of tables.
pub type Batches = Vec<(&'static str, RecordBatch)>;

/// What is wanted of the rows.
#[derive(Debug, Default)]
pub struct Wanted {
    pub flow_columns: Vec<String>,
    pub connection_columns: Vec<String>,
    /// If any, connections of which nothing was measured go out apart, with these.
    pub bare_connection_columns: Vec<String>,
    pub event_columns: Vec<String>,
    pub event_count_columns: Vec<String>,
    pub event_host_columns: Vec<String>,
    pub event_connection_columns: Vec<String>,
    pub packet_columns: Vec<String>,
    /// Networks that are local to connections.
    pub local_nets: Networks,
    /// Whether flows and connections have addresses as numbers.
    pub numbered: bool,
    /// The numbers so far.
    pub numbers: Numbers,
}

impl Wanted {
    /// The batches of these rows.
    pub fn batches(&self, rows: &Rows) -> Result<Batches, ArrowError> {
        let numbers = self.numbered.then_some(&self.numbers);
        let mut batches = Batches::new();
        if !rows.flows.is_empty() {
            let batch = flow_table::batch(&rows.flows, &self.flow_columns, numbers)?;
            batches.push(("flows", batch));
        }
        if let Some(sums) = &rows.flow_sums {
            batches.extend(sum_table::batches(sums, numbers)?);
        }
        if !rows.cluster_counts.is_empty() {
            let batch = cluster_count_table::batch(&rows.cluster_counts)?;
            batches.push(("cluster_counts", batch));
        }
        let told_apart = !self.bare_connection_columns.is_empty();
        let (measured, bare): (Vec<_>, Vec<_>) = rows
            .connections
            .iter()
            .partition(|row| !told_apart || row.is_measured());
        for (name, rows, columns) in [
            ("connections", measured, &self.connection_columns),
            ("bare_connections", bare, &self.bare_connection_columns),
        ] {
            if !rows.is_empty() {
                let nets = &self.local_nets;
                let batch = connection_table::batch(&rows, columns, nets, numbers)?;
                batches.push((name, batch));
            }
        }
        if !rows.events.is_empty() {
            let batch = event_table::events(&rows.events, &self.event_columns)?;
            batches.push(("events", batch));
        }
        if !rows.event_counts.is_empty() {
            let batch = event_table::counts(&rows.event_counts, &self.event_count_columns)?;
            batches.push(("event_counts", batch));
        }
        if !rows.event_hosts.is_empty() && !self.event_host_columns.is_empty() {
            let batch = event_table::hosts(&rows.event_hosts, &self.event_host_columns)?;
            batches.push(("event_hosts", batch));
        }
        if !rows.event_connections.is_empty() && !self.event_connection_columns.is_empty() {
            let columns = &self.event_connection_columns;
            let batch = event_table::conns(&rows.event_connections, columns)?;
            batches.push(("event_connections", batch));
        }
        if !rows.packets.is_empty() {
            let batch = packet_table::batch(&rows.packets, &self.packet_columns)?;
            batches.push(("packets", batch));
        }
        Ok(batches)
    }
}
