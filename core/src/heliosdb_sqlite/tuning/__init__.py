"""What makes a program faster without changing what it does. Each part is imported when it is first used."""
