"""PDFs: pdfium's characters, and reading order, paragraphs, headings, lists and tables from where they stand."""
