"""The method ``ivf``: rows in lists by what they are nearest to, of which a search compares a few."""
