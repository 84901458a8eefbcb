"""Measures the whole pipeline on labelled pictures, in ways that cannot be fooled."""
