"""SAC, Stack-SAC and Res-SAC (App. C and D.2): networks, losses, replay, updates and training."""
