"""What does each lever contribute to the joint effect? Each combination of levers is an arm; each lever has a share."""
