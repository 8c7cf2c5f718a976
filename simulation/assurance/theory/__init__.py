"""Does the program compute what it says? Queueing theory, and other people's published models."""
