//! The clusters that are significant or may come to be, for one round of thinning: few enough to stay in the cache.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::spread::{Spreads, draws};
use super::value::{Own, Value};

/// The clusters of one round.
#[derive(Debug, Default)]
pub struct Near {
    clusters: [HashTable<Cluster>; 4],
}

#[derive(Debug)]
struct Cluster {
    value: Value,
    size: u32,
    /// How the flows of the table spread, of a cluster that was not watched before.
    spreads: Option<Spreads>,
}

impl Near {
    /// Adds a cluster of so many flows in the dimension at that place.
    pub fn add(&mut self, place: usize, value: Value, size: u32) {
        let hash = |cluster: &Cluster| cluster.value.hash(0);
        if let Some(clusters) = self.clusters.get_mut(place)
            && let Entry::Vacant(free) = clusters.entry(value.hash(0), |_| false, hash)
        {
            free.insert(Cluster {
                value,
                size,
                spreads: None,
            });
        }
    }

    /// Counts from now on how the flows of that cluster spread.
    pub fn watch(&mut self, place: usize, value: Value) {
        if let Some(clusters) = self.clusters.get_mut(place)
            && let Some(found) = clusters.find_mut(value.hash(0), |found| found.value == value)
        {
            found.spreads = Some(Spreads::default());
        }
    }

    /// The flows of those of these values that are near, 0 of the others; counts the flow that has them, whose hash is
    /// asked for if need be.
    #[inline]
    pub fn sizes(&mut self, own: &[Own; 4], draw: impl Fn() -> u64) -> [u32; 4] {
        std::array::from_fn(|place| {
            let (Some(clusters), Some(each)) = (self.clusters.get_mut(place), own.get(place))
            else {
                return 0;
            };
            let found = clusters.find_mut(each.hash, |found| found.value == each.value);
            found.map_or(0, |found| {
                if let Some(spreads) = &mut found.spreads {
                    spreads.add(place, own, &draws(draw()));
                }
                found.size
            })
        })
    }

    /// What was counted, with the place of the dimension.
    pub fn spreads(self) -> impl Iterator<Item = (usize, Value, Spreads)> {
        let clusters = self.clusters.into_iter().enumerate();
        clusters.flat_map(|(place, clusters)| {
            clusters
                .into_iter()
                .filter_map(move |found| Some((place, found.value, found.spreads?)))
        })
    }
}
