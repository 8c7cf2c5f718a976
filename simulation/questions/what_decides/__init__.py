"""Which figure that a hospital could measure decides each arm's effect over departments? What is knowing it worth?"""
