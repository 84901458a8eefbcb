"""What earlier JPEG compressions leave in pixels; several analyzers read it."""
