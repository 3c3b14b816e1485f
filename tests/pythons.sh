#!/usr/bin/env bash
# The shipped results under newer Pythons: a clone plans no training job, and every file and run is verified.
# Takes the newest Python of 3.12 to 3.14 that is here, or those that are named; neither needs torch.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

pythons=("$@")
if [ ${#pythons[@]} = 0 ]; then
    for minor in 14 13 12; do
        for python in $(compgen -c "python3.$minor" | sort -u) ~/.pyenv/versions/3."$minor".*/bin/python3; do
            if "$python" -c "import sys; sys.exit(sys.version_info[:2] != (3, $minor))" 2> /dev/null; then
                pythons=("$python")
                break 2
            fi
        done
    done
fi
test ${#pythons[@]} -gt 0 || { echo "no Python of 3.12 to 3.14 is here: expected one" >&2; exit 1; }

grep -v '^torch==' requirements.lock > "$folder/lock"
git clone --quiet . "$folder/clone"
for python in .venv/bin/python "${pythons[@]}"; do
    "$python" --version
    if [ "$python" = .venv/bin/python ]; then
        bin=$PWD/.venv/bin
    else
        rm -rf "$folder/venv"
        "$python" -m venv "$folder/venv"
        bin=$folder/venv/bin
        .venv/bin/uv pip install --quiet --python "$bin/python" -r "$folder/lock"
    fi
    cd "$folder/clone"
    PYTHONPATH=src "$bin/snakemake" --dry-run --cores 2 > "$folder/planned" 2>&1 || { cat "$folder/planned"; exit 1; }
    grep -E '^total' "$folder/planned"
    if grep -E '^(train_sac|train_four_room|robustness) ' "$folder/planned"; then
        echo "a clone plans training jobs: expected none" >&2
        exit 1
    fi
    PYTHONPATH=src "$bin/python" -m actor_critic_gap verify results/paper/ro-crate-metadata.json
    cd - > /dev/null
done
