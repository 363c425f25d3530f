#!/bin/bash
# Submit it:  bsub < examples/cluster/lsf.sh
#BSUB -J scoop
#BSUB -n 16
#BSUB -R "span[ptile=8]"
#BSUB -W 10
#BSUB -o scoop.%J.txt

# A slot is a worker. The hosts are reached with blaunch.
exec python3 -m scoop -v examples/monte_carlo.py
