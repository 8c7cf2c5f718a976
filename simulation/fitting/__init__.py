"""Departments that fit: what could be the case at a site, given the published figures and nothing else.

Public figures do not identify a department. Here many are found that meet all of them: values are drawn from stated
ranges, simulated for a year each, and an emulator (a Gaussian process for each figure) says where to look next. What
comes out is a file, `configs/ensembles/NAME.yaml`; reading it needs nothing of this subpackage.

Reading order: `space`, `years`, `emulator`, `walk`, `build`, `words`, `command`.
"""
