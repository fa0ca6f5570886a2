"""Connects the office to Temporal. Imports nothing here: workflows import `temporal.attributes`, which must stay
pure.
"""
