"""The table of what the binder reads is about sqlglot's real arguments, and everything else is refused."""

from __future__ import annotations

import pytest
from sqlglot import expressions as exp

from planner.bind.consumption import READ, take
from sqlnode.base.errors import NOT_SUPPORTED_YET, SqlError


@pytest.mark.parametrize("kind", READ, ids=lambda kind: kind.__name__)
def test_arguments_exist(kind: type[exp.Expression]) -> None:
    unknown = READ[kind] - set(kind.arg_types) - {"expressions", "wait", "update"}
    ours = {exp.Like: {"negate"}, exp.SessionParameter: {"kind"}, exp.Subquery: {"joins"}, exp.Table: {"joins"}}
    assert unknown <= ours.get(kind, set()) | {"order", "limit", "offset", "with_", "joins"}


@pytest.mark.parametrize("kind", READ, ids=lambda kind: kind.__name__)
def test_any_other_argument_is_refused(kind: type[exp.Expression]) -> None:
    node = kind()
    node.args["something_new"] = exp.Null()
    with pytest.raises(SqlError) as caught:
        take(node)
    assert caught.value.code == NOT_SUPPORTED_YET.code
    assert "SOMETHING_NEW" in caught.value.message


def test_an_unknown_node_is_refused() -> None:
    with pytest.raises(SqlError) as caught:
        take(exp.Pivot())
    assert caught.value.code == NOT_SUPPORTED_YET.code
