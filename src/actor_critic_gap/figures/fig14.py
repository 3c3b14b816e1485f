"""Fig. 14: Fig. 3 over the length that is usual on HalfCheetah."""

from __future__ import annotations

from dataclasses import replace

from actor_critic_gap.figures import fig3

FIGURE = replace(fig3.FIGURE, title="Continuous control, long runs", in_paper=False)
