"""Actor-critic, policy gradient, and the exact gap between them (Wen et al., ICML 2021)."""

import sys

if sys.argv[:1] == ["-m"] and not sys.flags.safe_path:  # python -m actor_critic_gap
    del sys.path[0]  # the current folder, which can be one of results from somebody else

import gymnasium

gymnasium.register(
    id="actor_critic_gap/FourRoom-v0",
    entry_point="actor_critic_gap.mdp.four_room:FourRoomEnv",
    max_episode_steps=300,
)
