"""Reading exports: files into tables, headings into properties, cells into values."""
