"""Vocabulary that every layer speaks: errors, types, collations, value rules, schema. Imports nothing of ours above it.

Start reading at `types.py` (what a SQL type is) and `errors.py` (how anything fails).
"""
