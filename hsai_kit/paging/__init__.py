"""Tables that a person goes through a page at a time: what a grid asks for, and what a source of rows answers."""
