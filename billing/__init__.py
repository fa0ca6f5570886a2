"""Decides: the pure domain of medical billing. No clock, no randomness, no I/O, no framework."""
