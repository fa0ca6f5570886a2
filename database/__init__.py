"""Remembers: the book of record. Tables are rows; functions here translate rows to billing's nouns and back."""
