"""Whether an assistant may run alone: conditions, and the verdict."""
