#!/usr/bin/env bash
# The workflow on a real Slurm of one node, made here and taken down at the end (Debian, as root): the tabular
# figures of the quick config and one run of SAC whose job is cancelled once it has a checkpoint. The profile
# has it started again, and it must go on from there to the bytes of the same run without Slurm.
#
#   tests/slurm.sh [BIN]    BIN: folder with snakemake and python (default: .venv/bin)
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$(realpath "${1:-.venv/bin}")
export PATH="$bin:$PATH"

command -v slurmctld munged > /dev/null || {
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends slurm-wlm munge > /dev/null
}

# Job steps look for it there only.
test ! -e /etc/slurm/slurm.conf || { echo "/etc/slurm/slurm.conf exists: expected a machine without Slurm"; exit 1; }
slurm=$(mktemp -d /tmp/slurm.XXXXXX)
chmod 755 "$slurm"
mkdir -p "$slurm/state" "$slurm/spool" "$slurm/munge"
work="$slurm/work"
stop() {
    status=$?
    kill $(jobs -p) 2> /dev/null || true
    scancel --user="$(id -un)" 2> /dev/null || true
    for _ in $(seq 30); do
        if [ -z "$(squeue --noheader 2> /dev/null)" ]; then break; fi
        sleep 1
    done
    for daemon in slurmd slurmctld munged; do
        pid=$(cat "$slurm/$daemon.pid" 2> /dev/null) || continue
        kill "$pid" 2> /dev/null || continue
        # slurmctld writes its state once more before it ends.
        timeout 60 tail --pid="$pid" -s 0.1 -f /dev/null || kill -9 "$pid"
    done
    if [ "$status" -ne 0 ]; then tail -n 20 "$slurm"/*.log "$work"/.snakemake/slurm_logs/*/*/*.log || true; fi
    rm -rf "$slurm" /etc/slurm/slurm.conf
    exit "$status"
}
trap stop EXIT

dd if=/dev/urandom bs=1 count=1024 2> /dev/null > "$slurm/munge/key"
chmod 700 "$slurm/munge"
chmod 400 "$slurm/munge/key"
munged --force --key-file="$slurm/munge/key" --socket="$slurm/munge.socket" --pid-file="$slurm/munged.pid" \
    --log-file="$slurm/munge.log" --seed-file="$slurm/munge/seed"

host=$(hostname -s)
mkdir -p /etc/slurm
cat > /etc/slurm/slurm.conf << CONF
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=26817
SlurmdPort=26818
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$slurm/munge.socket
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=2
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
ReturnToService=2
MinJobAge=3600
KillWait=2
SchedulerParameters=sched_interval=2,batch_sched_delay=0
StateSaveLocation=$slurm/state
SlurmdSpoolDir=$slurm/spool
SlurmctldPidFile=$slurm/slurmctld.pid
SlurmdPidFile=$slurm/slurmd.pid
SlurmctldLogFile=$slurm/slurmctld.log
SlurmdLogFile=$slurm/slurmd.log
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=8000
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
slurmctld -c
slurmd -c
for _ in $(seq 60); do
    if sinfo --noheader --format=%t 2> /dev/null | grep -q idle; then break; fi
    sleep 1
done
sinfo --noheader --format=%t | grep -q idle

mkdir "$work"
cp -r Snakefile workflow config docs profiles environment.yml "$work"
cat > "$work/config/slurm.yaml" << CONFIG
name: slurm
seeds: 2
published_seeds: 2
sac_seeds: 2
published_sac_seeds: 2
environments:
  Pendulum-v1: {environment_steps: 70000}
figures:
  fig3: [{environment: Pendulum-v1, algorithm: res-sac}]
CONFIG
cp -r "$work" "$slurm/without"
cd "$work"
run=runs/Pendulum-v1/res-sac-10-10+clip=4/seed-0
sac="results/slurm/$run/record.json"
config="--configfile config/quick.yaml config/slurm.yaml"
snakemake "$sac" fig1 fig2 fig4 --profile profiles/slurm $config \
    --slurm-init-seconds-before-status-checks 2 > snakemake.log 2>&1 &
snakemake=$!
(cd "$slurm/without" && exec snakemake "$sac" --cores 1 $config > snakemake.log 2>&1) &
without=$!

for _ in $(seq 400); do
    checkpoint=$(find "results/slurm/checkpoints" -name checkpoint.npz 2> /dev/null || true)
    if [ -n "$checkpoint" ]; then break; fi
    if ! kill -0 $snakemake 2> /dev/null; then tail -n 60 snakemake.log; exit 1; fi
    sleep 1
done
test -n "$checkpoint"
job=$(squeue --noheader --format='%i %k' | grep train_sac | cut -d' ' -f1)
echo "cancelling job $job, which has a checkpoint"
scancel "$job"
wait $snakemake || { tail -n 80 snakemake.log; exit 1; }

grep "resumed at iteration" "logs/slurm/train/Pendulum-v1/res-sac-10-10+clip=4/seed-0.log"
for figure in fig1 fig2 fig4; do test -s "figures/slurm/$figure.png"; done
squeue --noheader --states=all --format='%T' | sort | uniq -c
squeue --noheader --states=all --format='%T' | grep -q CANCELLED
wait $without || { tail -n 80 "$slurm/without/snakemake.log"; exit 1; }
for file in progress.csv policy.npz; do cmp "results/slurm/$run/$file" "$slurm/without/results/slurm/$run/$file"; done
echo "the cancelled run went on from its checkpoint to the bytes of the same run without Slurm"
