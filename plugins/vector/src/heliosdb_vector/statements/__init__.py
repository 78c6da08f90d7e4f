"""What a statement's text says, told from its tokens and the schema: columns, parameters, distances in an order."""
