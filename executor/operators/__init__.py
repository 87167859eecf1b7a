"""Operators of the column path: one async generator of record batches per plan node. Start at `dispatch`."""
