"""Character sets and collations of the connection, the server and the current database."""

from __future__ import annotations

from sqlnode.sysvars.variable import Kind, Scope, Variable

_S = Kind.STRING
VARIABLES = (
    Variable("character_set_client", Scope.BOTH, _S, "utf8mb4"),
    Variable("character_set_connection", Scope.BOTH, _S, "utf8mb4", plan=True),
    Variable("character_set_results", Scope.BOTH, _S, "utf8mb4", nullable=True),
    Variable("character_set_server", Scope.BOTH, _S, "utf8mb4"),
    Variable("character_set_database", Scope.BOTH, _S, "utf8mb4"),
    Variable("character_set_filesystem", Scope.BOTH, _S, "binary", accepted_only=True),
    Variable("character_set_system", Scope.GLOBAL, _S, "utf8mb3", read_only=True),
    Variable("character_sets_dir", Scope.GLOBAL, _S, "", read_only=True),
    Variable("collation_connection", Scope.BOTH, _S, "utf8mb4_0900_ai_ci", plan=True),
    Variable("collation_database", Scope.BOTH, _S, "utf8mb4_0900_ai_ci"),
    Variable("collation_server", Scope.BOTH, _S, "utf8mb4_0900_ai_ci"),
    Variable("default_collation_for_utf8mb4", Scope.BOTH, _S, "utf8mb4_0900_ai_ci"),
)
