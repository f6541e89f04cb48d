//! The first of many in some order, in the room of twice as many.

use std::cmp::Reverse;

use super::ConnCount;

pub(super) type Order = (Reverse<u64>, crate::connections::Uid);

pub(super) fn by_count(row: &ConnCount) -> Order {
    (Reverse(row.count), row.conn.uid)
}

pub(super) fn by_bytes(row: &ConnCount) -> Order {
    (Reverse(row.bytes), row.conn.uid)
}

/// The heaviest connections; twice as many are held.
#[derive(Debug, Default)]
pub(super) struct Heaviest {
    pub(super) list: Vec<ConnCount>,
    /// The least of a list that was cut: what is below needs no place.
    least: u64,
}

impl Heaviest {
    pub(super) fn takes(&self, weight: u64) -> bool {
        weight >= self.least
    }

    pub(super) fn keep(&mut self, row: ConnCount, most: usize, order: fn(&ConnCount) -> Order) {
        self.list.push(row);
        if self.list.len() >= 2 * most {
            retain_top(&mut self.list, most, order);
            self.least = self.list.last().map_or(0, |row| order(row).0.0);
        }
    }
}

/// Leaves the first `most` in this order; the last of them stands last.
pub(super) fn retain_top<T, K: Ord>(list: &mut Vec<T>, most: usize, order: impl Fn(&T) -> K) {
    if let Some(last) = most.checked_sub(1)
        && list.len() > most
    {
        list.select_nth_unstable_by_key(last, order);
    }
    list.truncate(most);
}

/// Leaves all that can be among the first `most` by weight, the heaviest first: ties at the end stay.
pub(super) fn retain_heaviest<T>(list: &mut Vec<T>, most: usize, weight: impl Fn(&T) -> u64) {
    if most == 0 {
        list.clear();
    } else if list.len() > most {
        let (_, last, _) = list.select_nth_unstable_by_key(most - 1, |item| Reverse(weight(item)));
        let least = weight(last);
        list.retain(|item| weight(item) >= least);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_stay_and_the_least_stands_last() {
        let mut list: Vec<u64> = (0..100).map(|n| n * 37 % 100).collect();
        retain_top(&mut list, 5, |n| Reverse(*n));
        assert_eq!(list.last(), Some(&95));
        list.sort_unstable();
        assert_eq!(list, [95, 96, 97, 98, 99]);
        retain_top(&mut list, 9, |n| Reverse(*n));
        assert_eq!(list.len(), 5);
        retain_top(&mut list, 0, |n| Reverse(*n));
        assert!(list.is_empty());
    }

    #[test]
    fn ties_of_the_last_stay_with_it() {
        let mut list = vec![1, 7, 3, 3, 9, 3, 2];
        retain_heaviest(&mut list, 3, |n| *n);
        list.sort_unstable();
        assert_eq!(list, [3, 3, 3, 7, 9]);
        retain_heaviest(&mut list, 9, |n| *n);
        assert_eq!(list.len(), 5);
        retain_heaviest(&mut list, 0, |n| *n);
        assert!(list.is_empty());
    }
}
