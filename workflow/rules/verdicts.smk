"""Tidy CSVs and the theory -> verdicts, summary, report, manifest."""


rule theory:
    input:
        CHECKOUT,
    output:
        f"{RESULTS}/theory.csv",
    log:
        f"{LOGS}/theory.log",
    benchmark:
        f"{RESULTS}/benchmarks/theory.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        settings=CONFIG.four_room.model_dump_json(),
        source=source_hash("theory"),
    shell:
        "python -m actor_critic_gap theory --settings {params.settings:q}"
        " --output {output:q} > {log:q} 2>&1"


rule judge:
    input:
        tables=JUDGED,
        theory=f"{RESULTS}/theory.csv",
        environment=f"{RESULTS}/four_room.json",
        claims="config/claims.yaml",
    output:
        report(
            f"{RESULTS}/claims.csv",
            caption="../report/claims.rst",
            category="Verdicts",
        ),
    log:
        f"{LOGS}/judge.log",
    benchmark:
        f"{RESULTS}/benchmarks/judge.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        source=source_hash("claims"),
    shell:
        "python -m actor_critic_gap judge {input.tables:q} {input.theory:q} --claims {input.claims:q}"
        " --environment {input.environment:q} --output {output:q} > {log:q} 2>&1"


rule summarise:
    input:
        TABLES,
    output:
        f"{RESULTS}/summary.csv",
    log:
        f"{LOGS}/summarise.log",
    benchmark:
        f"{RESULTS}/benchmarks/summarise.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        source=source_hash("summary"),
    shell:
        "python -m actor_critic_gap summarise {input:q} --output {output:q} > {log:q} 2>&1"


rule report:
    input:
        TABLES,
        PASSPORTS,
        RUN_FILES,
        figures=FIGURE_FILES,
        claims=f"{RESULTS}/claims.csv",
        theory=f"{RESULTS}/theory.csv",
        summary=f"{RESULTS}/summary.csv",
        readings="docs/readings.md",
    output:
        f"{RESULTS}/report.html",
    log:
        f"{LOGS}/report.log",
    benchmark:
        f"{RESULTS}/benchmarks/report.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        results=lambda wildcards, output: Path(output[0]).parent,
        figures=lambda wildcards, input: Path(input.figures[0]).parent,
        source=source_hash("report", "passports"),
        template=sha256(PACKAGE / "templates" / "report.html"),
    shell:
        "python -m actor_critic_gap report {params.results:q} {params.figures:q}"
        " --readings {input.readings:q} --output {output:q} > {log:q} 2>&1"


rule manifest:
    input:
        runs=RUN_FILES,
        files=[
            *FIGURE_FILES,
            *PUBLISHED,
            *TABLES,
            *PASSPORTS,
            f"{RESULTS}/four_room.json",
            f"{RESULTS}/claims.csv",
            f"{RESULTS}/theory.csv",
            f"{RESULTS}/summary.csv",
            f"{RESULTS}/report.html",
        ],
    output:
        f"{RESULTS}/manifest.json",
    log:
        f"{LOGS}/manifest.log",
    benchmark:
        f"{RESULTS}/benchmarks/manifest.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=5,
    params:
        # folders, because a command line has a largest length
        runs=[
            folder
            for run, n_seeds in RUN_SEEDS.items()
            for folder in seed_folders(run, n_seeds)
        ],
        source=source_hash("manifest"),
    shell:
        "python -m actor_critic_gap manifest {input.files:q} {params.runs:q} --output {output:q} > {log:q} 2>&1"


rule verify:
    log:
        f"{LOGS}/verify.log",
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=2500,
        runtime=24 * 60,
    params:
        manifest=f"{RESULTS}/manifest.json",
    shell:
        "set -o pipefail; python -m actor_critic_gap verify {params.manifest:q} --retrain 3"
        " 2>&1 | tee {log:q}"
