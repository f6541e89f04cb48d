"""Where tables come from: captures, Zeek logs, flow exports; each returns the tables of the schema."""
