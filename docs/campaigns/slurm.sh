#!/bin/sh
# Plays a campaign of `helios fuzz` as an array of Slurm jobs. The array has the numbers of the shares:
#
#   OUT=/shared/campaign SEEDS=1..1000001 SHARES=100 sbatch --array=1-100 docs/campaigns/slurm.sh
#
# OUT is a folder that all machines see. HELIOS and OPTIONS are as in share.sh. The exit code of a job
# is 1 if a seed of its share failed. Slurm plays a share again if its machine fails (--requeue).
#SBATCH --job-name=helios-campaign
#SBATCH --cpus-per-task=4
#SBATCH --mem=4G
#SBATCH --time=12:00:00
#SBATCH --requeue
set -eu

OPTIONS="--jobs ${SLURM_CPUS_PER_TASK:-1} ${OPTIONS:-}"
export OPTIONS
# Slurm runs a copy of this file, so the place of share.sh is told from where `sbatch` was called.
exec sh "${SLURM_SUBMIT_DIR:?sbatch sets it}/docs/campaigns/share.sh" \
    "${SLURM_ARRAY_TASK_ID:?call sbatch with --array}"
