"""How much each letter or pixel matters."""
