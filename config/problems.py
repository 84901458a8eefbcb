"""RFC 9457 problem details: the one place where API errors get their shape."""
