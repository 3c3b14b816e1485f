"""Settings -> runs. A FourRoom run is one set of settings with all its seeds, which take seconds; a SAC run
is one seed; a robustness run is all tabular runs under one set of choices, of which the verdicts are kept.
A SAC run leaves its policy beside its record; nothing is made of it, and not all of them are shipped.
"""


rule train_four_room:
    input:
        plan=f"{EXPERIMENT.plans}/four-room/{{run}}.json",
    output:
        progress=f"{RESULTS}/runs/four-room/{{run}}/progress.csv",
        policy=f"{RESULTS}/runs/four-room/{{run}}/policy.npz",
        record=f"{RESULTS}/runs/four-room/{{run}}/record.json",
    log:
        f"{LOGS}/train/four-room/{{run}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train/four-room/{{run}}.tsv"
    conda:
        "../../environment.yml"
    resources:
        runtime=15,
    params:
        folder=subpath(output.record, parent=True),
        # with `input`: Snakemake trains nothing again for another option
        options=lambda wildcards, input: ALLOW_DIRTY,
    shell:
        "python -m actor_critic_gap train plan {input.plan:q} --output {params.folder:q}"
        " {params.options:q} > {log:q} 2>&1"


use rule train_four_room as robustness with:
    input:
        plan=f"{EXPERIMENT.plans}/robustness/{{run}}.json",
        # what of it counts is in the plan
        claims=ancient(CLAIMS),
    output:
        progress=f"{RESULTS}/runs/robustness/{{run}}/progress.csv",
        record=f"{RESULTS}/runs/robustness/{{run}}/record.json",
    log:
        f"{LOGS}/train/robustness/{{run}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train/robustness/{{run}}.tsv"


use rule train_four_room as train_sac with:
    input:
        plan=f"{EXPERIMENT.plans}/{{environment}}/{{run}}/seed-{{seed}}.json",
        source=source_of,
    output:
        progress=f"{RESULTS}/runs/{{environment}}/{{run}}/seed-{{seed}}/progress.csv",
        record=f"{RESULTS}/runs/{{environment}}/{{run}}/seed-{{seed}}/record.json",
    log:
        f"{LOGS}/train/{{environment}}/{{run}}/seed-{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train/{{environment}}/{{run}}/seed-{{seed}}.tsv"
    priority: 1  # the longest jobs start first
    resources:
        mem_mb=memory_of,
        runtime=8 * 60,
    params:
        folder=subpath(output.record, parent=True),
        options=lambda wildcards, input: [
            "--checkpoints",
            checkpoint_folder(wildcards),
            *(["--source", str(Path(input.source).parent)] if input.source else []),
            *ALLOW_DIRTY,
        ],
