"""Keys of programs: what one is, who may make it, what it may do, how often."""
