"""Two organizations with one of everything each: nothing of the one shows the other."""
