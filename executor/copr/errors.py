"""The one error of this package that is not an SQL error."""

from __future__ import annotations


class UnsupportedDagError(Exception):
    """A DAG holds something that this coprocessor does not evaluate; `feature` names it."""

    def __init__(self, feature: str) -> None:
        super().__init__(f"coprocessor does not support {feature}")
        self.feature = feature
