"""X12 005010: text in, billing's nouns out, and back. One file per transaction set; one data table per guide."""
