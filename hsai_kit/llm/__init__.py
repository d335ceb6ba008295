"""The wire to the model: one client, what it may use, and its responses."""
