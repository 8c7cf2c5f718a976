"""The tables of a report, for the screen and for the page alike."""
