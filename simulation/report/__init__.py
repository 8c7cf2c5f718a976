"""Results as people read them: screen, pictures, one HTML page, files."""
