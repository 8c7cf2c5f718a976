"""A question as stated: arms, targets, margins, how long to run, and whether the departments can answer it."""
