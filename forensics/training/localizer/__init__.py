"""The localizing network: its architecture, its material, its training."""
