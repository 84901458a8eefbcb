"""Template tags about cases."""
