"""The version of this package; servers see it in ``User-Agent``."""

__version__ = "0.1.0"
