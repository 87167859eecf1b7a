"""Runs a tipb DAG over stored keys and values: what a TiKV coprocessor does, in whole arrays.

Knows: tipb, stored bytes, typed expressions and their kernels. Must not know: sessions, plans, transactions, regions;
it is given blocks of the visible keys and values in scan order and yields record batches. Central types: `DagRunner`
(compiles and runs), `CompiledDag` (what a reader needs to know beforehand), `Block`. An executor or a signature that
is not supported is refused with `UnsupportedDagError` when the DAG is compiled, never guessed. Start at `runner`.
"""

from executor.copr.errors import UnsupportedDagError
from executor.copr.runner import CompiledDag, DagRunner
from store.api import Block

__all__ = ["Block", "CompiledDag", "DagRunner", "UnsupportedDagError"]
