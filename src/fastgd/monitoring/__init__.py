"""What watches a run: clocks, journals, reasons to stop."""
