//! Capture files: pcap and pcapng, plain or compressed, one or many, as one stream of records.
