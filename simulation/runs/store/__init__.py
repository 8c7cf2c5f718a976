"""Runs on disk: written whole or not at all, and read again."""
