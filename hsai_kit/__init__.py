"""Put a language model to work on HubSpot records: pull, ask, review, push, undo."""
