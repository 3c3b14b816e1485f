"""Policies of finished runs -> moving pictures. HalfCheetah's needs a MuJoCo that renders without a screen."""

PICTURES = {"four-room/res-ac": 60, "HalfCheetah-v4/sac-10-0/seed-0": 100}
"""The runs, with the steps that are shown."""


rule watch:
    input:
        f"{RESULTS}/runs/{{pictured}}/record.json",
    output:
        f"{EXPERIMENT.figures}/policies/{{pictured}}.gif",
    log:
        f"{LOGS}/watch/{{pictured}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/watch/{{pictured}}.tsv"
    conda:
        "../../environment.yml"
    params:
        run=subpath(input[0], parent=True),
        steps=lambda wildcards: PICTURES.get(wildcards.pictured, 100),
        source=code("experiment.pictures.watch"),
    shell:
        "python -m actor_critic_gap watch {params.run:q} --steps {params.steps} --width 280"
        " --output {output:q} > {log:q} 2>&1"


rule gifs:
    input:
        [
            f"{EXPERIMENT.figures}/policies/{run}.gif"
            for run in PICTURES
            if f"{RESULTS}/runs/{run}" in BY_FOLDER
        ],
    localrule: True
