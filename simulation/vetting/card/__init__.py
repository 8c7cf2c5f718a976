"""The card of a bench: tables, pictures, one HTML page, what a public body must file."""
