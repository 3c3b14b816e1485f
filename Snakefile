# Settings -> seeded training runs -> one tidy CSV a figure -> figures.
#
#   snakemake --cores N                                     the paper's experiments
#   snakemake --cores N --configfile config/quick.yaml      all figures from nothing in minutes
#   snakemake --cores N fig1                                one figure


configfile: "config/paper.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/figures.smk"


localrules:
    all,
    figures,
    fig1,
    fig2,
    fig3,
    fig4,
    fig5,
    fig6,


rule all:
    default_target: True
    input:
        FIGURE_FILES,


rule figures:
    input:
        FIGURE_FILES,


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
