"""Questions to a folder of documents, answered in the documents' own words."""

__version__ = "0.1.0"
