"""The version of the package, apart from its front, so that any subpackage can read it."""

__version__ = "0.2.0"
