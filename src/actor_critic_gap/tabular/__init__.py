"""Training on FourRoom: Algorithms 1-4 and learning with known dynamics (App. D.1)."""
