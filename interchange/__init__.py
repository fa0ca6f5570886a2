"""Translates: text on the wire to billing's nouns, and back. Knows no framework and no rule of billing."""
