"""Word files: their parts, styles and numbering, and the text as Word shows it."""
