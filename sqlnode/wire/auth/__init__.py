"""Authentication plugins, one per file. Start with `exchange`, which picks the plugin and runs it."""
