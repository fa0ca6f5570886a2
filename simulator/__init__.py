"""Answers: a clearinghouse with payers, patients and staff, for demonstrations and proofs. It shares no rule with the
office, speaks the wire and the public API alone, and keeps books of its own.
"""
