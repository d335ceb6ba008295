"""Where keys and addresses for messages are kept, and how they are found."""
