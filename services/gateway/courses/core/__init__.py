"""What can be told of a course from its text. Pure."""
