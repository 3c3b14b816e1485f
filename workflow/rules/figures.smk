"""Runs -> one tidy CSV a figure -> the figure, each with its lineage."""


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
    params:
        settings=EXPERIMENT.argument("four_room"),
        room=CONFIG.four_room.model_dump_json(),
        source=code("experiment.room.describe"),
    shell:
        "python -m actor_critic_gap describe --settings {params.settings:q}"
        " --output {output:q} > {log:q} 2>&1"


rule aggregate:
    input:
        CHECKOUT,
        lambda wildcards: EXPERIMENT.files(EXPERIMENT.folders(wildcards.figure)),
    output:
        table=f"{RESULTS}/{{figure}}.csv",
        lineage=f"{RESULTS}/{{figure}}.json",
    log:
        f"{LOGS}/aggregate/{{figure}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/aggregate/{{figure}}.tsv"
    conda:
        "../../environment.yml"
    params:
        runs=lambda wildcards: EXPERIMENT.argument(wildcards.figure),
        shown=lambda wildcards: FIGURES[wildcards.figure].columns,
        seeds=seeds_options,
        source=code("provenance.stages.make_table"),
        rows=rows_code,
    shell:
        "python -m actor_critic_gap aggregate {wildcards.figure} --runs-file {params.runs:q}"
        " {params.seeds:q} --output {output.table:q} > {log:q} 2>&1"


rule plot:
    input:
        table=f"{RESULTS}/{{figure}}.csv",
        lineage=f"{RESULTS}/{{figure}}.json",
        room=room_of,
    output:
        png=report(
            f"{EXPERIMENT.figures}/{{figure}}.png",
            caption="../report/figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
        pdf=f"{EXPERIMENT.figures}/{{figure}}.pdf",
        lineage=f"{EXPERIMENT.figures}/{{figure}}.json",
    log:
        f"{LOGS}/plot/{{figure}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot/{{figure}}.tsv"
    conda:
        "../../environment.yml"
    params:
        room=room_options,
        seeds=[],
        source=figure_code,
    shell:
        "python -m actor_critic_gap plot {wildcards.figure} {input.table:q} {params.room:q}"
        " {params.seeds:q} --output {output.png:q} {output.pdf:q} > {log:q} 2>&1"


use rule plot as plot_as_published with:
    output:
        png=f"{EXPERIMENT.figures}/{{figure}}-published.png",
        pdf=f"{EXPERIMENT.figures}/{{figure}}-published.pdf",
        lineage=f"{EXPERIMENT.figures}/{{figure}}-published.json",
    log:
        f"{LOGS}/plot/{{figure}}-published.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot/{{figure}}-published.tsv"
    params:
        room=room_options,
        # without `input`: Snakemake draws again what had another number
        seeds=lambda wildcards: [
            "--seeds",
            str(CONFIG.published_seeds_of(wildcards.figure)),
        ],
        source=figure_code,
