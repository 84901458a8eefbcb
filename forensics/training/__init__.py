"""Data sets, training, evaluation and publication of models. No Django here."""
