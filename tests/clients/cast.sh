#!/usr/bin/env bash
# cast: sends, calls and traces. UP names a file with what `ephor up --json` printed.
set -euo pipefail

readonly election=0x8a1cDA8dee421cD06023470608605934c16A05a0
field() { node -p "const up = JSON.parse(require('fs').readFileSync(process.env.UP)); $1"; }
key() { field "up.accounts.find(account => account.name === '$1').private_key"; }
address() { field "up.accounts.find(account => account.name === '$1').address"; }
ETH_RPC_URL=$(field 'up.http')
export ETH_RPC_URL

# A part of a JSON document: of DOCUMENT EXPRESSION, where the document is called `value`.
of() { node -p "const value = JSON.parse(process.argv[1]); $2" "$1"; }
fail() { printf 'cast: %s\n' "$1" >&2; exit 1; }
same() { [ "${1,,}" = "${2,,}" ] || fail "expected $2, but found $1"; }

same "$(cast chain-id)" "$(field 'up.chains.find(chain => chain.governance).chain_id')"

# Sends: the election is created when it is due, and a contender signs a registration.
cast rpc ephor_advanceTo "$(field 'up.next_election.due_seconds')" >/dev/null
receipt=$(cast send "$election" 'createElection()' --private-key "$(key dev9)" --json)
same "$(of "$receipt" value.status)" 0x1
# ProposalCreated has the id in its first word.
created=$(cast sig-event 'ProposalCreated(uint256,address,address[],uint256[],string[],bytes[],uint256,uint256,string)')
proposal=$(cast to-dec "$(of "$receipt" "value.logs.find(log => log.topics[0] === '$created').data.slice(0, 66)")")
domain=$(field "JSON.stringify({ types: { EIP712Domain: [{ name: 'name', type: 'string' }, { name: 'version', type: 'string' }, { name: 'chainId', type: 'uint256' }, { name: 'verifyingContract', type: 'address' }], AddContenderMessage: [{ name: 'proposalId', type: 'uint256' }] }, primaryType: 'AddContenderMessage', domain: { name: 'SecurityCouncilNomineeElectionGovernor', version: '1', chainId: up.chains.find(chain => chain.governance).chain_id, verifyingContract: '$election' }, message: { proposalId: '$proposal' } })")
signature=$(cast wallet sign --private-key "$(key dev5)" --data "$domain")
receipt=$(cast send "$election" 'addContender(uint256,bytes)' "$proposal" "$signature" --private-key "$(key dev9)" --json)
same "$(of "$receipt" value.status)" 0x1

# Calls.
same "$(cast call "$election" 'isContender(uint256,address)(bool)' "$proposal" "$(address dev5)")" true
refused=$(cast call "$election" 'addContender(uint256,bytes)' "$proposal" "$signature" 2>&1 || true)
grep -q 'error code 3: execution reverted: .*AlreadyContender' <<<"$refused" || fail "a second registration was not refused as it should be: $refused"

# Traces: the transaction's call of the governor, and its log.
trace=$(cast rpc debug_traceTransaction "$(of "$receipt" value.transactionHash)" '{"tracer":"callTracer","tracerConfig":{"withLog":true}}')
same "$(of "$trace" value.type)" CALL
same "$(of "$trace" value.from)" "$(address dev9)"
same "$(of "$trace" value.to)" "$election"
same "$(of "$trace" 'value.input.slice(0, 10)')" "$(cast sig 'addContender(uint256,bytes)')"
same "$(of "$trace" "const logs = call => [...(call.logs ?? []), ...(call.calls ?? []).flatMap(logs)]; logs(value).map(log => log.topics[0]).join()")" \
    "$(cast sig-event 'ContenderAdded(uint256,address)')"
same "$(cast receipt "$(of "$receipt" value.transactionHash)" status | cut -d' ' -f1)" 1

echo 'cast: sends, calls and traces'
