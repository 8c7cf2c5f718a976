"""What explains an arm: what it changes, assumes and costs, and which part of the pathway its patients reach."""
