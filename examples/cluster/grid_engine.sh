#!/bin/bash
# Submit it:  qsub examples/cluster/grid_engine.sh
#$ -N scoop
#$ -S /bin/bash
#$ -cwd
#$ -j y
#$ -l h_rt=00:10:00
#$ -pe mpi 16

# A slot is a worker. `mpi` is a parallel environment of your cluster (qconf -spl lists them) with control_slaves TRUE.
exec python3 -m scoop -v examples/monte_carlo.py
