"""Right answers: where they come from, and which rows have them."""
