"""Essays that come as text: exams that begin at the analyzer, for there is nothing to be read and nothing to be found."""
