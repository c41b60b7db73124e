"""Hostile files are opened in a process that lives for one file, with little memory and time, and no way out."""
