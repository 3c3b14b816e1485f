"""Runs -> one tidy CSV a figure -> the figure, each with its passport."""


rule describe_four_room:
    input:
        CHECKOUT,
    output:
        f"{RESULTS}/four_room.json",
    log:
        f"{LOGS}/describe_four_room.log",
    benchmark:
        f"{RESULTS}/benchmarks/describe_four_room.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=5,
    params:
        settings=CONFIG.four_room.model_dump_json(),
        source=source_hash("four_room", "finite_mdp"),
    shell:
        "python -m actor_critic_gap describe --settings {params.settings:q}"
        " --output {output:q} > {log:q} 2>&1"


rule aggregate:
    input:
        CHECKOUT,
        run_files,
    output:
        table=f"{RESULTS}/{{figure}}.csv",
        passport=f"{RESULTS}/{{figure}}.json",
    log:
        f"{LOGS}/aggregate/{{figure}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/aggregate/{{figure}}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        runs=run_folders,
        seeds=lambda wildcards: CONFIG.seeds_of(wildcards.figure),
        source=source_hash("aggregation", "passports", "runs"),
    shell:
        "python -m actor_critic_gap aggregate {wildcards.figure} {params.runs:q}"
        " --seeds {params.seeds} --output {output.table:q} > {log:q} 2>&1"


rule plot:
    input:
        table=f"{RESULTS}/{{figure}}.csv",
        passport=f"{RESULTS}/{{figure}}.json",
        environment=environment_of,
    output:
        png=report(
            f"{FIGURES}/{{figure}}.png",
            caption="../report/figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
        pdf=f"{FIGURES}/{{figure}}.pdf",
        passport=f"{FIGURES}/{{figure}}.json",
    log:
        f"{LOGS}/plot/{{figure}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot/{{figure}}.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        environment=lambda wildcards, input: (
            f"--environment {input.environment}" if input.environment else ""
        ),
        source=lambda wildcards: source_hash(f"figures.{wildcards.figure}", "passports"),
    shell:
        "python -m actor_critic_gap plot {wildcards.figure} {input.table:q}"
        " {params.environment} --output {output.png:q} {output.pdf:q} > {log:q} 2>&1"


rule plot_as_published:
    input:
        table=f"{RESULTS}/{{figure}}.csv",
        passport=f"{RESULTS}/{{figure}}.json",
        environment=environment_of,
    output:
        png=f"{FIGURES}/{{figure}}-published.png",
        pdf=f"{FIGURES}/{{figure}}-published.pdf",
        passport=f"{FIGURES}/{{figure}}-published.json",
    log:
        f"{LOGS}/plot/{{figure}}-published.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot/{{figure}}-published.tsv"
    conda:
        "../../environment.yml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        seeds=CONFIG.published_seeds,
        source=lambda wildcards: source_hash(f"figures.{wildcards.figure}", "passports"),
    shell:
        "python -m actor_critic_gap plot {wildcards.figure} {input.table:q} --seeds {params.seeds}"
        " --environment {input.environment:q} --output {output.png:q} {output.pdf:q} > {log:q} 2>&1"
