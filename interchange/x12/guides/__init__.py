"""One data table per implementation guide: loops, segments, elements, codes. Machinery is in `grammar.py`."""
