"""Questions that need several arms at once: which part of a policy earns its effect."""
