"""Pure image forensics: bytes in, a frozen Report out. No Django, no I/O."""
