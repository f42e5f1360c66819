"""The command line: one module a verb family, none of which imports anything heavy when loaded."""
