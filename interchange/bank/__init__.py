"""Translates what banks send: ACH entries with their addenda (NACHA), balance reports (BAI2), and lockbox files."""
