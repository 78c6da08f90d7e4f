"""Connections with a feature switched on. Imported by the first connect() that switches one on.

``opening`` picks the file and the classes, ``session`` holds what one connection knows, ``plan`` what one SQL text
needs, ``transactions`` tells the plugins how a transaction ended, ``running_importlib_bootstrap`` runs one planned
statement, and ``calls_importlib_bootstrap`` has the methods that replace ``execute`` and its kin.
"""
