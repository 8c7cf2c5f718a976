"""Departments that fit the published figures of a site.

Public figures do not identify a department. This subpackage finds many that meet all of them: values are drawn from
stated ranges, simulated for a year each, and an emulator (a Gaussian process for each figure) says where to look next.
The result is a file, `configs/ensembles/NAME.yaml`; reading it needs nothing of this subpackage.

Reading order: `build`, `emulator`, `command`.
"""
