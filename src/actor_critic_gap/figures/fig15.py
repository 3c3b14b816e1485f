"""Fig. 15: Fig. 6 over the length that is usual on HalfCheetah."""

from __future__ import annotations

from dataclasses import replace

from actor_critic_gap.figures import fig6

FIGURE = replace(fig6.FIGURE, title="The TD error of SAC, long runs", in_paper=False)
