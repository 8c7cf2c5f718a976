"""A vendor's offer: an interview of a department and a product, and the study that answers it."""
