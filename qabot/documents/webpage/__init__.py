"""Saved web pages: Lexbor's tree, and block, table and navigation rules of our own."""
