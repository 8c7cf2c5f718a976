"""Where replications run: this process or several of this machine."""
