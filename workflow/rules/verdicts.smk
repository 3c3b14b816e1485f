"""Tidy CSVs and the theory -> verdicts, summary, report, crate."""


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
    params:
        settings=EXPERIMENT.argument("four_room"),
        room=CONFIG.four_room.model_dump_json(),
        source=code("mdp.identities.check"),
    shell:
        "python -m actor_critic_gap theory --settings {params.settings:q}"
        " --output {output:q} > {log:q} 2>&1"


rule judge:
    input:
        tables=[f"{RESULTS}/{figure}.csv" for figure in JUDGED],
        theory=f"{RESULTS}/theory.csv",
        room=f"{RESULTS}/four_room.json",
        claims=CLAIMS,
    output:
        table=report(
            f"{RESULTS}/claims.csv",
            caption="../report/claims.rst",
            category="Verdicts",
        ),
        lineage=f"{RESULTS}/claims.json",
    log:
        f"{LOGS}/judge.log",
    benchmark:
        f"{RESULTS}/benchmarks/judge.tsv"
    conda:
        "../../environment.yml"
    params:
        source=code("provenance.stages.make_verdicts"),
    shell:
        "python -m actor_critic_gap judge {input.tables:q} {input.theory:q} --claims {input.claims:q}"
        " --room {input.room:q} --output {output.table:q} > {log:q} 2>&1"


rule plot_claims:
    input:
        table=f"{RESULTS}/claims.csv",
        lineage=f"{RESULTS}/claims.json",
    output:
        png=report(
            f"{EXPERIMENT.figures}/claims.png",
            caption="../report/claims.rst",
            category="Verdicts",
        ),
        pdf=f"{EXPERIMENT.figures}/claims.pdf",
        lineage=f"{EXPERIMENT.figures}/claims.json",
    log:
        f"{LOGS}/plot_claims.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot_claims.tsv"
    conda:
        "../../environment.yml"
    params:
        source=code("provenance.stages.draw_verdicts"),
    shell:
        "python -m actor_critic_gap plot-claims {input.table:q}"
        " --output {output.png:q} {output.pdf:q} > {log:q} 2>&1"


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
    params:
        source=code("experiment.summary.summarise"),
    shell:
        "python -m actor_critic_gap summarise {input:q} --output {output:q} > {log:q} 2>&1"


rule td_errors:
    input:
        f"{RESULTS}/fig6.csv",
    output:
        f"{RESULTS}/td_errors.csv",
    log:
        f"{LOGS}/td_errors.log",
    benchmark:
        f"{RESULTS}/benchmarks/td_errors.tsv"
    conda:
        "../../environment.yml"
    params:
        source=code("figures.fig6.maxima"),
    shell:
        "python -m actor_critic_gap td-errors {input:q} --output {output:q} > {log:q} 2>&1"


rule report:
    input:
        TABLES,
        SIDECARS,
        RUN_FILES,
        PROOFS,
        figures=DRAWN,
        verdicts=VERDICTS,
        claims=CLAIMS,
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
    params:
        results=RESULTS,
        figures=EXPERIMENT.figures,
        source=code("report.page.build"),
        shown=[code(f"figures.{figure}.FIGURE") for figure in CONFIG.figures],
        templates=templates("badge", "base", "report", "reproducibility"),
    shell:
        "python -m actor_critic_gap report {params.results:q} {params.figures:q}"
        " --readings {input.readings:q} --claims {input.claims:q} --output {output:q}"
        " > {log:q} 2>&1"


rule explorer:
    input:
        RUN_FILES,
        SIDECARS,
        tables=TABLES,
        claims=f"{RESULTS}/claims.csv",
    output:
        EXPLORER,
    log:
        f"{LOGS}/explorer.log",
    benchmark:
        f"{RESULTS}/benchmarks/explorer.tsv"
    conda:
        "../../environment.yml"
    params:
        results=RESULTS,
        source=code("report.explorer.build"),
        shown=[(FIGURES[name].title, FIGURES[name].choices) for name in CONFIG.figures],
        templates=templates("base", "explorer"),
    shell:
        "python -m actor_critic_gap explorer {params.results:q} --output {output:q} > {log:q} 2>&1"


rule crate:
    input:
        RUN_FILES,
        files=[
            *DRAWN,
            *TABLES,
            *SIDECARS,
            f"{RESULTS}/four_room.json",
            *VERDICTS,
            f"{RESULTS}/theory.csv",
            f"{RESULTS}/summary.csv",
            TD_ERRORS,
            f"{RESULTS}/report.html",
            *EXPLORED,
        ],
        citation="CITATION.cff",
    output:
        f"{RESULTS}/ro-crate-metadata.json",
    log:
        f"{LOGS}/crate.log",
    benchmark:
        f"{RESULTS}/benchmarks/crate.tsv"
    conda:
        "../../environment.yml"
    params:
        runs=EXPERIMENT.argument("all"),
        sources=SOURCES,
        given=GIVEN,
        source=code("provenance.describing.write_crate"),
    shell:
        "python -m actor_critic_gap crate {input.files:q} --runs-file {params.runs:q}"
        " --sources {params.sources:q} --given {params.given:q} --citation {input.citation:q}"
        " --output {output:q} > {log:q} 2>&1"


rule verify:
    log:
        f"{LOGS}/verify.log",
    localrule: True
    conda:
        "../../environment.yml"
    params:
        crate=f"{RESULTS}/ro-crate-metadata.json",
    shell:
        "set -o pipefail; python -m actor_critic_gap verify {params.crate:q} --retrain 3"
        " 2>&1 | tee {log:q}"
