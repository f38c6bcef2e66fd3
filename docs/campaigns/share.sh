#!/bin/sh
# Plays one share of a campaign of `helios fuzz`, and keeps its result: share.sh NUMBER
#
#   HELIOS   the program; by default `helios`
#   OUT      the folder of the campaign, which all machines see
#   SEEDS    the seeds of the whole campaign, such as 1..1000001 (without the last one)
#   SHARES   the number of shares; NUMBER is from 1 to this number
#   OPTIONS  other options of `helios fuzz`, such as "--profile wan --jobs 4"
#
# Exit code: 0 if no seed failed, 1 if one failed. Any other code: the share did not end, nothing of
# it is kept but the scripts of its failures, and the next call plays it again.
set -eu

: "${OUT:?the folder of the campaign}" "${SEEDS:?the seeds}" "${SHARES:?the number of shares}"
number=${1:?the number of the share}
kept=$OUT/shares/$number
mkdir -p "$OUT/shares" "$OUT/scripts"

# A share that ended is not played again, so an interrupted campaign can be started again.
if [ ! -e "$kept.json" ]; then
    # An interrupted `helios fuzz` prints what it has. This is not the whole share.
    interrupted=
    trap 'interrupted=yes' INT TERM
    status=0
    # shellcheck disable=SC2086 # OPTIONS are several words.
    "${HELIOS:-helios}" fuzz --seeds "$SEEDS" --shard "$number/$SHARES" --keep-going --json \
        --out "$OUT/scripts" ${OPTIONS:-} >"$kept.new" || status=$?
    [ -z "$interrupted" ] || exit 130
    [ "$status" -le 1 ] || exit "$status"
    echo "$status" >"$kept.status"
    # The last step: the file is there only if it is whole.
    mv "$kept.new" "$kept.json"
fi

cat "$kept.json"
exit "$(cat "$kept.status")"
