"""An extract of attendances: read into the two tables of a simulation, checked, shown, and written for others."""
