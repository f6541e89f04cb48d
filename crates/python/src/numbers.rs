//! Addresses as numbers: an analysis that groups by address names only those that it shows.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow_array::builder::Int64Builder;
use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch};
use arrow_schema::ArrowError;

use crate::flow_table::{addresses, record_batch};

/// Numbers from here are indices of IPv6 addresses; below it an IPv4 address is its own number.
const FIRST_SIX: i64 = 1 << 32;

/// The numbers of one run.
#[derive(Debug, Default)]
pub struct Numbers {
    six: Mutex<Six>,
}

#[derive(Debug, Default)]
struct Six {
    index: HashMap<Ipv6Addr, i64>,
    seen: Vec<Ipv6Addr>,
}

impl Numbers {
    /// The addresses as numbers, Int64.
    pub fn column(&self, values: impl ExactSizeIterator<Item = IpAddr>) -> ArrayRef {
        // Threads wait for each other only where there are IPv6 addresses.
        let mut six = None;
        let mut builder = Int64Builder::with_capacity(values.len());
        for value in values {
            builder.append_value(match value {
                IpAddr::V4(address) => i64::from(address.to_bits()),
                IpAddr::V6(address) => six.get_or_insert_with(|| self.six()).number(address),
            });
        }
        Arc::new(builder.finish())
    }

    /// Poisoned by a panic elsewhere, it still holds whole entries.
    fn six(&self) -> MutexGuard<'_, Six> {
        self.six.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `number` and `address` of every IPv6 address so far.
    pub fn table(&self) -> Result<RecordBatch, ArrowError> {
        let six = self.six();
        let numbers = Int64Array::from_iter_values((FIRST_SIX..).take(six.seen.len()));
        let texts = addresses(six.seen.iter().map(|&address| Some(IpAddr::V6(address))));
        record_batch(vec![
            ("number", Arc::new(numbers) as Arc<dyn Array>),
            ("address", texts),
        ])
    }
}

impl Six {
    fn number(&mut self, address: Ipv6Addr) -> i64 {
        let next = FIRST_SIX + self.seen.len() as i64;
        *self.index.entry(address).or_insert_with(|| {
            self.seen.push(address);
            next
        })
    }
}
