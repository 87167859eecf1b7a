"""The MySQL server: sessions, statements, wire protocol. See the README's map."""

from sqlnode.base.compilation import choose

IS_COMPILED = choose()
"""Whether this process runs the compiled form of the hot path."""
