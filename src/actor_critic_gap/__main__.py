import sys

from actor_critic_gap.cli.main import main

sys.exit(main())
