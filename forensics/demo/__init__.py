"""Pictures for newcomers: photographs from a package, some forged on the spot."""

from forensics.demo.pictures import DemoPicture, Truth, make_pictures

__all__ = ["DemoPicture", "Truth", "make_pictures"]
