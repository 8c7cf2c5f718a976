"""The model set against theory, published figures and published models."""
