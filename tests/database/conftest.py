"""The fixtures of `tests.databases`: every test here runs on both databases."""

from tests.databases import database, empty, kind, office, postgres, postgres_template, sqlite_template

__all__ = ["database", "empty", "kind", "office", "postgres", "postgres_template", "sqlite_template"]
