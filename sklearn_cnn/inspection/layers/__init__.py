"""What each layer looks for, and what it is made of."""
