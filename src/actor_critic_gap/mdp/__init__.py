"""Exact quantities of finite MDPs, FourRoom, and the paper's identities (Secs. 2-5)."""
