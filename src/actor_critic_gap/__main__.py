import sys

from actor_critic_gap.cli import main

sys.exit(main())
