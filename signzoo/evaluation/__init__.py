"""What turns predictions into a report: floors, intervals, comparisons, tables and files."""
