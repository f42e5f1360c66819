"""Pure functions from a structure to a new one."""
