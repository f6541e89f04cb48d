//! Packets to flows, connections and events.
