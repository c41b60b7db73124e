"""The same exams, work, kills and counting for several designs: how many accepted exams each loses or reports twice."""
