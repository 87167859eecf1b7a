"""Text to statements: sqlglot for queries and DML, own parsers over its tokens for everything else."""
