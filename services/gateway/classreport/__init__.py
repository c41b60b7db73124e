"""The class report: what a batch's results say of the class, its items and the paper. Read when asked, never stored."""
