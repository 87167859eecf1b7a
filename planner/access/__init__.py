"""Access paths: which keys a reader visits. Knows key encodings and conditions; knows no statistics.

`convert` brings a value to a key column's type without changing what a comparison means; `range_plan` holds conditions on
key parts and turns them into key ranges at execution; `ranges` finds such conditions in a filter; `paths` lists the
ways to read a table. Start with `range_plan`.
"""
