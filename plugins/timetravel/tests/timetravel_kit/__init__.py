"""What the tests of time travel share: tables of every kind, and a model that remembers every state."""
