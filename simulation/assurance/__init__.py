"""Why the model can be believed: theory, published models and figures, departments fitted to figures. A wing beside the core."""
