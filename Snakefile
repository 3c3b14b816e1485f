# Settings -> seeded training runs -> one tidy CSV a figure -> figures -> verdicts and a report.
#
#   snakemake --cores N                                     the paper's experiments
#   snakemake --cores N --configfile config/quick.yaml      all figures from nothing in minutes
#   snakemake --cores N fig1                                one figure
#   snakemake --cores N claims                              the verdicts
#   snakemake --cores 1 verify                              hold what is there against its crate
#   snakemake --cores N beyond                              what the paper does not have
#   snakemake --cores N gifs                                two trained policies as moving pictures


configfile: "config/paper.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/verdicts.smk"
include: "workflow/rules/pictures.smk"


rule all:
    default_target: True
    input:
        [figure_files(figure) for figure in CONFIG.figures],
        VERDICTS,
        f"{RESULTS}/theory.csv",
        RUN_FILES,
        f"{RESULTS}/four_room.json",
        f"{RESULTS}/summary.csv",
        TD_ERRORS,
        f"{RESULTS}/report.html",
        EXPLORED,
        f"{RESULTS}/ro-crate-metadata.json",
    localrule: True


rule claims:
    input:
        VERDICTS,
        f"{RESULTS}/theory.csv",
        f"{RESULTS}/four_room.json",
        [table_files(figure) for figure in JUDGED],
    localrule: True


rule figures:
    input:
        [figure_files(figure) for figure in CONFIG.figures],
        VERDICTS,
    localrule: True


rule beyond:
    input:
        [figure_files(figure) for figure in BEYOND],
    localrule: True


for figure in CONFIG.figures:

    rule:
        name:
            figure
        input:
            figure_files(figure),
        localrule: True
