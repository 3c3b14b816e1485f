"""What the documentation site needs besides its pages: parts that are made from the code and the results."""
