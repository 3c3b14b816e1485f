# Settings -> seeded training runs -> one tidy CSV a figure -> figures -> verdicts and a report.
#
#   snakemake --cores N                                     the paper's experiments
#   snakemake --cores N --configfile config/quick.yaml      all figures from nothing in minutes
#   snakemake --cores N fig1                                one figure
#   snakemake --cores N claims                              the verdicts
#   snakemake --cores 1 verify                              hold what is there against its manifest
#   snakemake --cores N beyond                              what the paper does not have, Figs. 7-10


configfile: "config/paper.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/verdicts.smk"


onstart:
    hold(SNAKEMAKE)


localrules:
    all,
    figures,
    claims,
    fig1,
    fig2,
    fig3,
    fig4,
    fig5,
    fig6,
    fig7,
    fig8,
    fig9,
    fig10,
    beyond,
    verify,


rule all:
    default_target: True
    input:
        FIGURE_FILES,
        PUBLISHED,
        f"{RESULTS}/claims.csv",
        f"{RESULTS}/report.html",
        f"{RESULTS}/manifest.json",


rule figures:
    input:
        FIGURE_FILES,
        PUBLISHED,


rule claims:
    input:
        f"{RESULTS}/claims.csv",


rule beyond:
    input:
        [figure_files(figure) for figure in CONFIG.figures if is_beyond(figure)],


rule fig1:
    input:
        figure_files("fig1"),


rule fig2:
    input:
        figure_files("fig2"),


rule fig3:
    input:
        figure_files("fig3"),


rule fig4:
    input:
        figure_files("fig4"),


rule fig5:
    input:
        figure_files("fig5"),


rule fig6:
    input:
        figure_files("fig6"),


rule fig7:
    input:
        figure_files("fig7"),


rule fig8:
    input:
        figure_files("fig8"),


rule fig9:
    input:
        figure_files("fig9"),


rule fig10:
    input:
        figure_files("fig10"),
