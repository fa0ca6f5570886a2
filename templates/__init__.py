"""Shows: pages for people, from values that are ready to be shown."""
