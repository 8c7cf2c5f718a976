"""What the two tables of a simulated department say: measures of patients, queues and staff."""
