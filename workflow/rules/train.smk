"""Settings -> runs. A FourRoom run is one set of settings with all its seeds, which take seconds; a SAC run
is one seed; a robustness run is all tabular runs under one set of choices, of which the verdicts are kept.
A SAC run leaves its policy beside its record; nothing is made of it, and not all of them are shipped.
"""


rule train_four_room:
    input:
        stamp=lambda wildcards: stamp_path(f"four-room/{wildcards.run}"),
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
    threads: 1
    resources:
        mem_mb=500,
        runtime=15,
    params:
        settings=lambda wildcards: RUNS[f"four-room/{wildcards.run}"].model_dump_json(),
        seeds=lambda wildcards: RUN_SEEDS[f"four-room/{wildcards.run}"],
        folder=subpath(output.record, parent=True),
        source=training_hash("four-room"),
    shell:
        "python -m actor_critic_gap train --settings {params.settings:q} --seeds {params.seeds}"
        " --output {params.folder:q} > {log:q} 2>&1"


rule train_sac:
    input:
        stamp=lambda wildcards: stamp_path(
            f"{wildcards.environment}/{wildcards.run}", wildcards.seed
        ),
        sac_run=sac_run_of_clip,
    output:
        progress=f"{RESULTS}/runs/{{environment}}/{{run}}/seed-{{seed}}/progress.csv",
        record=f"{RESULTS}/runs/{{environment}}/{{run}}/seed-{{seed}}/record.json",
    log:
        f"{LOGS}/train/{{environment}}/{{run}}/seed-{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train/{{environment}}/{{run}}/seed-{{seed}}.tsv"
    priority: 1  # the longest jobs start first
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2500,
        runtime=24 * 60,
    params:
        settings=lambda wildcards: RUNS[
            f"{wildcards.environment}/{wildcards.run}"
        ].model_dump_json(),
        folder=subpath(output.record, parent=True),
        checkpoints=checkpoint_folder,
        sac_run=lambda wildcards, input: (
            f"--sac-run {Path(input.sac_run).parent}" if input.sac_run else ""
        ),
        source=training_hash("sac"),
    shell:
        "python -m actor_critic_gap train --settings {params.settings:q} --seed {wildcards.seed}"
        " --checkpoints {params.checkpoints:q} {params.sac_run}"
        " --output {params.folder:q} > {log:q} 2>&1"


rule robustness:
    input:
        stamp=lambda wildcards: stamp_path(f"robustness/{wildcards.run}"),
        # what of it counts is in the settings
        claims=ancient("config/claims.yaml"),
    output:
        progress=f"{RESULTS}/runs/robustness/{{run}}/progress.csv",
        record=f"{RESULTS}/runs/robustness/{{run}}/record.json",
    log:
        f"{LOGS}/train/robustness/{{run}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train/robustness/{{run}}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=15,
    params:
        settings=lambda wildcards: RUNS[f"robustness/{wildcards.run}"].model_dump_json(),
        seeds=lambda wildcards: RUN_SEEDS[f"robustness/{wildcards.run}"],
        folder=subpath(output.record, parent=True),
        source=training_hash("robustness"),
    shell:
        "python -m actor_critic_gap robustness --settings {params.settings:q}"
        " --seeds {params.seeds} --claims {input.claims:q}"
        " --output {params.folder:q} > {log:q} 2>&1"
