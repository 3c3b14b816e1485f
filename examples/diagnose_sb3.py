"""Does the critic of a Stable-Baselines3 agent predict what its policy earns? (docs/diagnosis.md)

pip install -e '.[sb3]'
python examples/diagnose_sb3.py
"""

import torch
from stable_baselines3 import SAC

from actor_critic_gap.sb3 import prediction_errors

model = SAC("MlpPolicy", "Pendulum-v1", gamma=0.99, learning_starts=1000, seed=0, device="cpu")
torch.manual_seed(0)
for _ in range(2):
    model.learn(2000, reset_num_timesteps=False)
    print(f"after {model.num_timesteps} steps\n{prediction_errors(model).round(2).to_string(index=False)}")
