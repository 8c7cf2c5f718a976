"""An extract of attendances: read into the two tables of a simulation, fitted, run again, and written for others."""
