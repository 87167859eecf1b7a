"""Being written."""
PARSERS = {}
