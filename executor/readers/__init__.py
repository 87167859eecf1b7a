"""Sources of the column path: coprocessor requests, double reads, reads by key, server tables. Start at `table`."""
