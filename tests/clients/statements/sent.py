"""One statement of a client's traffic and what its answer must have."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sent:
    """`labels` are all column labels in order; `rows` all rows, `having` rows among others, as text (None is NULL).

    `parameters` are sent with the statement prepared on the server. `error` is the code of a refusal that the client
    expects.
    """

    text: str
    labels: str | None = None
    rows: tuple[tuple[str | None, ...], ...] | None = None
    having: tuple[tuple[str | None, ...], ...] = ()
    parameters: tuple[object, ...] | None = None
    error: int | None = None
