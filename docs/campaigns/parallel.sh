#!/bin/sh
# Plays a campaign of `helios fuzz` with GNU parallel, on this machine or on several:
#
#   parallel.sh OUT SEEDS SHARES [OPTION OF HELIOS FUZZ...]
#   parallel.sh campaign 1..1000001 100 --profile wan
#
#   HELIOS    the program; by default `helios`
#   MACHINES  a file with an SSH login a line; HELIOS, OUT and this folder have the same paths there
#
# Exit code: that of `helios merge`: 0 if all seeds were played and none failed, 1 if one failed, 2 if
# seeds are missing; then the same command plays what is missing.
set -eu

if [ $# -lt 3 ]; then
    echo "usage: $0 OUT SEEDS SHARES [OPTION...]" >&2
    exit 2
fi
SEEDS=$2 SHARES=$3
mkdir -p "$1"
OUT=$(cd "$1" && pwd)
shift 3
# A share has one thread: GNU parallel starts one share for each core.
OPTIONS="--jobs 1 $*"
HELIOS=${HELIOS:-helios}
export HELIOS OUT SEEDS SHARES OPTIONS

here=$(cd "$(dirname "$0")" && pwd)
# Its exit code only counts the shares that did not exit with 0. The files of the shares say more.
seq "$SHARES" | parallel ${MACHINES:+--sshloginfile "$MACHINES"} --joblog "+$OUT/joblog" \
    --env HELIOS --env OUT --env SEEDS --env SHARES --env OPTIONS \
    sh "'$here/share.sh'" >"$OUT/output.txt" || true

status=0
"$HELIOS" merge "$OUT"/shares/*.json >"$OUT/result.txt" || status=$?
cat "$OUT/result.txt"
exit "$status"
