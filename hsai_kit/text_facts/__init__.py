"""What a text says that can be held against another: figures, dates, names, links, its language and how it reads."""
