"""What SQLAlchemy's suite may ask of this server: MySQL 8's answers wherever they differ from the suite's own defaults.

Off beside what MySQL lacks itself: temporary tables (every reflection test would fail in its fixture) and two-phase
transactions. Both are refused with 1235.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.testing import exclusions
from sqlalchemy.testing.requirements import SuiteRequirements

_OPEN = """
    aggregate_order_by autocommit boolean_col_expressions check_constraint_reflection comment_reflection
    computed_columns computed_columns_reflect_persisted computed_columns_stored computed_columns_virtual
    create_or_replace_view create_table_as cross_schema_fk_reflection ctes date_historic datetime_historic
    datetime_literals dbapi_lastrowid emulated_lastrowid emulated_lastrowid_even_with_sequences except_
    expression_server_defaults fetch_expression fetch_offset_with_options
    fk_constraint_option_reflection_ondelete_noaction fk_constraint_option_reflection_ondelete_restrict
    fk_constraint_option_reflection_onupdate_restrict foreign_key_constraint_name_reflection
    foreign_key_constraint_option_reflection_ondelete foreign_key_constraint_option_reflection_onupdate
    foreign_keys_reflect_as_index indexes_check_column_order intersect isolation_level json_array_indexes json_type
    legacy_unconditional_json_extract mod_operator_as_percent_sign nvarchar_types order_by_collation
    order_by_label_with_expression percent_schema_names precision_numerics_enotation_small
    precision_numerics_many_significant_digits precision_numerics_retains_significant_digits reflect_table_options
    regexp_match regexp_replace savepoints schema_create_delete server_defaults skip_autocommit_rollback
    supports_bitwise_and supports_bitwise_or supports_bitwise_shift supports_bitwise_xor table_ddl_if_exists tuple_in
    tuple_in_w_empty unicode_ddl unique_constraints_reflect_as_index unique_index_reflect_as_unique_constraints
    update_from view_column_reflection view_reflection views window_functions window_range window_range_numeric
"""
_FAILS = """
    cast_precision_numerics_many_significant_digits date_implicit_bound datetime_implicit_bound infinity_floats
    non_updating_cascade nullsordering precision_generic_float_type reflects_pk_names sql_expression_limit_offset
    supports_bitwise_not time_implicit_bound timestamp_microseconds_implicit_bound update_where_target_in_subquery
"""
"""MySQL fails these: a test that passes all the same is reported as a failure."""
_CLOSED = """
    create_temp_table_as has_temp_table temp_table_comment_reflection temp_table_names temp_table_reflect_indexes
    temp_table_reflection two_phase_transactions datetime_microseconds time_microseconds unbounded_varchar
"""


def _property(make: Callable[[], object]) -> property:
    return property(lambda self: make())


class Requirements(SuiteRequirements):
    """MySQL 8 without temporary tables and XA."""

    def get_order_by_collation(self, config: object) -> str:
        """A collation for ORDER BY … COLLATE."""
        return "utf8mb4_bin"


for _make, _names in ((exclusions.open, _OPEN), (exclusions.fails, _FAILS), (exclusions.closed, _CLOSED)):
    for _name in _names.split():
        setattr(Requirements, _name, _property(_make))
