"""Actor-critic, policy gradient, and the exact gap between them (Wen et al., ICML 2021)."""

import gymnasium

gymnasium.register(
    id="actor_critic_gap/FourRoom-v0",
    entry_point="actor_critic_gap.mdp.four_room:FourRoomEnv",
    max_episode_steps=300,
)
