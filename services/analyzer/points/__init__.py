"""Knowledge points from a model, for the questions that words and the classifier left without any."""
