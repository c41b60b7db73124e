"""What crosses a process boundary: topics, events, artefacts and errors. Imports nothing of ours."""
