"""How people sign in: password, second factor, passkey, or the organization's own."""
