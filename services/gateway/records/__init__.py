"""What students earned before: recorded of completed exams, imported of past ones; what a new exam is told of it."""
