#!/bin/bash
# Submit it:  sbatch examples/cluster/slurm.sh
#SBATCH --job-name=scoop
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=8
#SBATCH --time=00:10:00

# A task is a worker. No srun here: SCOOP starts its workers itself, in one step, on all nodes of the job.
# python3 must be one that has scoop, at the same path on every node.
cd "$SLURM_SUBMIT_DIR" || exit
exec python3 -m scoop -v examples/monte_carlo.py
