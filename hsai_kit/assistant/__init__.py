"""What an assistant is: its instructions, prompt, tokens, output schema, lookup tables and versions."""
