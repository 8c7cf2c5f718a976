"""Why the model can be believed: theory, published models and figures, departments fitted to them. A wing."""
