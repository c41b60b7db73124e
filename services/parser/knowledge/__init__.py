"""Data of the local tagger: knowledge points by subject with the words that show them."""
