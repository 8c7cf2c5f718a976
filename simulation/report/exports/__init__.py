"""What other programs open: a workbook, a Word document, the assumptions as a list, the STRESS-DES items of a run."""
