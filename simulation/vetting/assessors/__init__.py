"""Assessors: what can be put on the bench. Each is a stated block of a configuration and a class that answers."""
