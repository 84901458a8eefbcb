"""Template tags of the pages about images."""
