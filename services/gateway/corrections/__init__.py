"""Teachers' corrections: checked against the result they were made on, logged in the next revision's submission."""
