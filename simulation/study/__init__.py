"""A question as stated: arms and targets, what each arm changes, assumes and costs, whether departments can answer."""
