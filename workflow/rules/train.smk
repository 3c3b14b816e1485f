"""Settings -> runs. A FourRoom run is one set of settings with all its seeds, which take seconds."""


rule train_four_room:
    output:
        progress=f"{RESULTS}/runs/four-room/{{run}}/progress.csv",
        tables=f"{RESULTS}/runs/four-room/{{run}}/tables.npz",
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
        settings=run_settings,
        seeds=CONFIG.seeds,
        folder=subpath(output.record, parent=True),
        source=source_hash("tabular", "runs"),
    shell:
        "python -m actor_critic_gap train --settings {params.settings:q} --seeds {params.seeds}"
        " --output {params.folder:q} > {log:q} 2>&1"
