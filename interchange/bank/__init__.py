"""Translates what banks send: ACH entries with their addenda (NACHA), and balance reports (BAI2)."""
