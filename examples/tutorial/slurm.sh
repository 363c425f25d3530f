#!/bin/bash
#SBATCH --job-name=outbreaks
#SBATCH --nodes=4
#SBATCH --exclusive
#SBATCH --time=01:00:00

python -m scoop parallel.py
