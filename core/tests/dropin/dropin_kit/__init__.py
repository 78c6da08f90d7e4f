"""What the drop-in proofs share: swapping the module, CPython's own suite, side-by-side observation.

The proofs of the core alone stand beside this package; those that need every plugin installed use it from the
repository's ``tests/dropin``.
"""
