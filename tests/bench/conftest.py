"""Only the smoke test is a test; the rest is run by hand."""

collect_ignore = [
    "answering.py",
    "client.py",
    "evaluate.py",
    "kernel.py",
    "measures.py",
    "run.py",
    "soak.py",
    "storms.py",
]
