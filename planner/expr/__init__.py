"""Typed expressions: the nodes, their folding and their text. Knows no sqlglot and no plans. Start at `nodes.py`."""
