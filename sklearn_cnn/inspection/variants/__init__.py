"""What a variant changes."""
