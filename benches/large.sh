#!/usr/bin/env bash
# Fills `ephor up`, with everything on disk, with votes, asks for logs, and starts it again: after it was told to stop, and after
# `kill -9` in the middle of writing. Prints a table. Needs curl and some 4 GB of disk for a million votes. Releases are built first.
#
#     benches/large.sh [VOTES]       1,000,000 if none is given
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly votes=${1:-1000000} port=18546 kills=5 queries=2000

cargo build --release --quiet --locked
cargo build --release --quiet --locked -p ephor-benches --bin rpc
target=$(cargo metadata --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/release
readonly target url="http://127.0.0.1:$port/"

scratch=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -9 "$server" 2>/dev/null || true; rm -rf "$scratch"' EXIT

# Starts the network; prints the milliseconds until it answers for every chain.
start() {
    local begun
    begun=$(date +%s%N)
    "$target/ephor" up charters/minimal.toml --data "$scratch/data" --listen "127.0.0.1:$port" --clock manual --log-level warn \
        >"$scratch/log" 2>&1 &
    server=$!
    until curl -sf -o /dev/null "${url}readyz"; do
        kill -0 "$server" 2>/dev/null || { cat "$scratch/log" >&2; exit 1; }
    done
    took=$((($(date +%s%N) - begun) / 1000000))
}

memory() {
    awk -v what="$1" '$1 == what ":" { printf "%d MB", $2 / 1024 }' "/proc/$server/status"
}

row() {
    echo "| $1 | $2 |"
}

echo "| what, with $votes transactions and as many logs | result |"
echo '|---|---:|'
start
row 'start of a new network' "$took ms"
"$target/rpc" "$url" --fill "$votes" 0 >"$scratch/fill.tsv"
row 'votes a second while filling' "$(cut -f 2 "$scratch/fill.tsv")"
row 'most memory while filling' "$(memory VmHWM)"
"$target/rpc" "$url" --logs "$votes" "$queries" >"$scratch/logs.tsv"
row 'query by topic over all blocks, p50, p99' "$(awk -F'\t' '{ print $3 " µs, " $4 " µs" }' "$scratch/logs.tsv")"
kill "$server" && wait "$server"
row 'on disk' "$(du -sm "$scratch/data" | cut -f 1) MB"
start
row 'start after it was stopped' "$took ms"
row 'memory then' "$(memory VmRSS)"
"$target/rpc" "$url" --logs "$votes" "$queries" >"$scratch/logs.tsv"
row 'query by topic after a start, p50, p99' "$(awk -F'\t' '{ print $3 " µs, " $4 " µs" }' "$scratch/logs.tsv")"
row 'memory after these queries' "$(memory VmRSS)"
for kill in $(seq "$kills"); do
    "$target/rpc" "$url" --fill 200000 $((votes + (kill - 1) * 200000)) >"$scratch/fill.tsv" 2>/dev/null &
    writer=$!
    # Each time at another moment of writing: 3 to 7 seconds.
    sleep $((2 + kill))
    kill -9 "$server" && { wait "$server" || true; } 2>/dev/null
    wait "$writer" 2>/dev/null || true
    waiting=$(find "$scratch/data" -name '*.journal-*' -printf '%s\n' | awk '{ all += $1 } END { printf "%d", all / 1048576 }')
    start
    row "start after \`kill -9\` while writing, $waiting MB in the journal" "$took ms"
done
"$target/rpc" "$url" --logs "$votes" 200 >/dev/null
kill "$server" && wait "$server"
server=
