"""The assistants of a workspace and of the account, and copies from one into the other."""
