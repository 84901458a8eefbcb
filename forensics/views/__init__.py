"""Pages about images: the list, one image with its evidence, upload, files."""
