"""The paper's names are set, and nothing else is."""

import pytest

from actor_critic_gap.figures.notation import html, mathtext


@pytest.mark.parametrize(
    ("text", "in_figures", "on_pages"),
    [
        ("Actor_o-Critic", "Actor$_{o}$-Critic", "Actor<sub>o</sub>-Critic"),
        ("J_q is tiny", "$J_{q}$ is tiny", "J<sub>q</sub> is tiny"),
        (
            "J - J_pi = E_d[delta]",
            r"J - $J_{\pi}$ = $E_{d}$[$\delta$]",
            "J - J<sub>π</sub> = E<sub>d</sub>[δ]",
        ),
        ("d_theta and J~_q", r"$d_{\theta}$ and $\tilde{J}_{q}$", "d<sub>θ</sub> and J̃<sub>q</sub>"),
        ("mu_0", r"$\mu_{0}$", "μ<sub>0</sub>"),
        ("critic_init, q_mean, beta", "critic_init, q_mean, beta", "critic_init, q_mean, beta"),
        ("5 $ of Q_k", r"5 \$ of $Q_{k}$", "5 $ of Q<sub>k</sub>"),
    ],
)
def test_names(text: str, in_figures: str, on_pages: str) -> None:
    assert mathtext(text) == in_figures
    assert html(text) == on_pages


def test_tags_code_and_scripts_stay_as_they_are() -> None:
    kept = '<a href="J_q">x</a><code>eta=0.5</code><script>const J_q = "eta";</script><style>.J_q {}</style>'
    assert html(f"{kept} eta") == f"{kept} η"
