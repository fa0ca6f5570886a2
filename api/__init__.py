"""Listens: parses what comes in, calls one thing, shapes the answer. No queries, rules or sums in routes."""
