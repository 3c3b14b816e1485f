"""Does the critic of a Stable-Baselines3 agent predict what its policy earns? (docs/diagnosis.md)

pip install stable-baselines3
python examples/diagnose_sb3.py
"""

import gymnasium
import numpy as np
import torch
from stable_baselines3 import SAC

from actor_critic_gap.diagnose import prediction_errors

model = SAC("MlpPolicy", "Pendulum-v1", gamma=0.99, learning_starts=1000, seed=0, device="cpu")
assert model.log_ent_coef is not None  # the temperature is learned


def policy(observations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Actions in the environment's units, log-probabilities in the agent's own, [-1, 1]."""
    with torch.no_grad():
        actions, log_policy = model.actor.action_log_prob(torch.as_tensor(observations))
    return model.policy.unscale_action(actions.numpy()), log_policy.numpy()


def critic(observations: np.ndarray, actions: np.ndarray) -> np.ndarray:
    """The smaller of the twins, which is what the actor climbs."""
    scaled = torch.as_tensor(model.policy.scale_action(actions))
    with torch.no_grad():
        least = torch.min(*model.critic(torch.as_tensor(observations), scaled))
    return np.asarray(least[:, 0])


torch.manual_seed(0)
for _ in range(2):
    model.learn(2000, reset_num_timesteps=False)
    table = prediction_errors(
        policy,
        critic,
        gymnasium.make("Pendulum-v1"),
        gamma=model.gamma,
        temperature=float(model.log_ent_coef.detach().exp()),
    )
    print(f"after {model.num_timesteps} steps\n{table.round(2).to_string(index=False)}")
