#!/bin/bash
# Submit it:  qsub examples/cluster/pbs.sh
#PBS -N scoop
#PBS -j oe
#PBS -l select=2:ncpus=8:mpiprocs=8
#PBS -l walltime=00:10:00
# For Torque, instead of select:  -l nodes=2:ppn=8

# A process (mpiprocs, ppn) is a worker. The nodes are reached by ssh, which must work among them without a password.
cd "$PBS_O_WORKDIR" || exit  # a job begins in the home folder
exec python3 -m scoop -v examples/monte_carlo.py
