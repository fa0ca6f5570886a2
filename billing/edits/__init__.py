"""Claim edits, one small function each, by what they look at."""
