"""One module for each verb: connect, pull, ask, review, push (and undo)."""
