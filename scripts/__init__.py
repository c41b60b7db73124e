"""Commands for those who build Redink; nothing here runs in production."""
