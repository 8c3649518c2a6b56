// viem: a registration by signature, a split vote, decoded events and a subscription.

import {
  BaseError, ContractFunctionRevertedError, createPublicClient, createWalletClient, defineChain, encodeAbiParameters, http, parseAbi,
  parseEventLogs, webSocket,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { ABI, DOMAIN, NOMINEE_ELECTION, SLOT_SECONDS, TYPES, account, assert, chain, collector, parts, up } from './council.mjs'

const abi = parseAbi(ABI)
const here = defineChain({
  id: chain.chain_id,
  name: chain.name,
  nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
  rpcUrls: { default: { http: [chain.http], webSocket: [chain.ws] } },
})
const reader = createPublicClient({ chain: here, transport: http() })
const listener = createPublicClient({ chain: here, transport: webSocket() })
assert.equal(await reader.getChainId(), chain.chain_id)

const [voter, first, second, anyone] = ['dev0', 'dev5', 'dev6', 'dev9'].map(name => privateKeyToAccount(account(name).private_key))
const writer = account => createWalletClient({ account, chain: here, transport: http() })
const call = (functionName, args) => ({ address: NOMINEE_ELECTION, abi, functionName, args })
const read = (name, ...args) => reader.readContract(call(name, args))
async function send(account, name, ...args) {
  const hash = await writer(account).writeContract(call(name, args))
  const receipt = await reader.waitForTransactionReceipt({ hash, pollingInterval: 50 })
  assert.equal(receipt.status, 'success')
  return parseEventLogs({ abi, logs: receipt.logs })
}

await reader.request({ method: 'ephor_advanceTo', params: [up.next_election.due_seconds] })
const created = await send(anyone, 'createElection')
const { proposalId } = created.find(event => event.eventName === 'ProposalCreated').args

for (const contender of [first, second]) {
  const signature = await contender.signTypedData({ domain: DOMAIN, types: TYPES, primaryType: 'AddContenderMessage', message: { proposalId } })
  const [added] = await send(anyone, 'addContender', proposalId, signature)
  assert.equal(added.args.contender, contender.address)
  assert.equal(await read('isContender', proposalId, contender.address), true)
}
const again = await first.signTypedData({ domain: DOMAIN, types: TYPES, primaryType: 'AddContenderMessage', message: { proposalId } })
await assert.rejects(reader.simulateContract({ ...call('addContender', [proposalId, again]), account: anyone }), error => {
  const cause = error instanceof BaseError && error.walk(error => error instanceof ContractFunctionRevertedError)
  assert.equal(cause.data?.errorName, 'AlreadyContender')
  assert.deepEqual(cause.data.args, [first.address])
  return true
})

const block = await reader.request({ method: 'eth_getBlockByNumber', params: ['latest', false] })
const blocks = await read('proposalSnapshot', proposalId) - BigInt(block.l1BlockNumber)
await reader.request({ method: 'ephor_advance', params: [Number(blocks + 2n) * SLOT_SECONDS] })

const heads = collector(2)
const heard = collector(2)
const failed = error => { throw error }
const unwatch = [
  listener.watchContractEvent({ address: NOMINEE_ELECTION, abi, eventName: 'VoteCastForContender', onLogs: logs => logs.forEach(log => heard.add(log.args)), onError: failed }),
  listener.watchBlocks({ onBlock: block => heads.add(block.number), onError: failed }),
]
// A subscription is there once the socket has answered what was asked after it.
await listener.getBlockNumber({ cacheTime: 0 })

const votes = BigInt(account('dev0').votes)
const shares = parts(votes)
const used = shares[0] + shares[1]
const ballots = []
for (const [contender, share] of [[first, shares[0]], [second, shares[1]]]) {
  const params = encodeAbiParameters([{ type: 'address' }, { type: 'uint256' }], [contender.address, share])
  const events = await send(voter, 'castVoteWithReasonAndParams', proposalId, 1, 'by viem', params)
  ballots.push(events.find(event => event.eventName === 'VoteCastForContender').args)
}
assert.deepEqual(ballots.map(ballot => ballot.votes), shares)
assert.deepEqual(ballots.map(ballot => ballot.totalUsedVotes), [shares[0], used])
assert.equal(await read('votesUsed', proposalId, voter.address), used)

assert.deepEqual(await heard.all(), ballots)
const numbers = await heads.all()
assert.ok(numbers[1] > numbers[0])

const found = await reader.getContractEvents({ address: NOMINEE_ELECTION, abi, eventName: 'VoteCastForContender', args: { proposalId, voter: voter.address }, fromBlock: 0n })
assert.deepEqual(found.map(log => log.args.votes), shares)

unwatch.forEach(stop => stop())
console.log('viem: registration by signature, split vote, events and subscription')
process.exit(0)
