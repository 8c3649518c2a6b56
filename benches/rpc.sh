#!/usr/bin/env bash
# Measures `ephor up`, with everything on disk, and anvil where it is on PATH, one after the other in one run, and prints both with
# the ratio. Needs curl. Releases are built first.
#
#     benches/rpc.sh [SECONDS]       time for each row; 5 if none is given
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly seconds=${1:-5} port=18545

cargo build --release --quiet --locked
cargo build --release --quiet --locked -p ephor-benches --bin rpc
target=$(cargo metadata --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/release

scratch=$(mktemp -d)
server=
stop() {
    [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; } || true
    server=
}
trap 'stop; rm -rf "$scratch"' EXIT

# Starts a node, measures it, stops it: NAME COMMAND...
node() {
    local name=$1
    shift
    "$@" >"$scratch/$name.log" 2>&1 &
    server=$!
    for _ in $(seq 300); do
        curl -sf -o /dev/null -H 'content-type: application/json' -d '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}' \
            "http://127.0.0.1:$port/" && break
        kill -0 "$server" 2>/dev/null || { cat "$scratch/$name.log" >&2; exit 1; }
        sleep 0.1
    done
    "$target/rpc" "http://127.0.0.1:$port/" --seconds "$seconds" >"$scratch/$name.tsv"
    stop
}

node ephor "$target/ephor" up charters/minimal.toml --data "$scratch/data" --listen "127.0.0.1:$port" --clock manual --log-level warn
if command -v anvil >/dev/null; then
    node anvil anvil --port "$port" --gas-limit 1000000000 --silent
    echo '| votes | ephor, a second | p50 µs | p99 µs | anvil, a second | p50 µs | p99 µs | ratio |'
    echo '|---|---:|---:|---:|---:|---:|---:|---:|'
    paste "$scratch/ephor.tsv" "$scratch/anvil.tsv" | awk -F'\t' '{ printf "| %s | %s | %s | %s | %s | %s | %s | %.1f |\n", $1, $2, $3, $4, $6, $7, $8, $2 / $6 }'
else
    echo 'anvil is not on PATH: only ephor is measured.' >&2
    echo '| votes | a second | p50 µs | p99 µs |'
    echo '|---|---:|---:|---:|'
    awk -F'\t' '{ printf "| %s | %s | %s | %s |\n", $1, $2, $3, $4 }' "$scratch/ephor.tsv"
fi
