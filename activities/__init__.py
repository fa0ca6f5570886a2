"""Act: the only folder that touches the world. Load, one call into billing or interchange, then store or send."""
