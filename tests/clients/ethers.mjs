// ethers 6: a registration by signature, a split vote, decoded events and a subscription.

import { AbiCoder, Contract, JsonRpcProvider, Wallet, WebSocketProvider } from 'ethers'
import { ABI, DOMAIN, NOMINEE_ELECTION, SLOT_SECONDS, TYPES, account, assert, chain, collector, parts, up } from './council.mjs'

const provider = new JsonRpcProvider(up.http, undefined, { staticNetwork: true, cacheTimeout: -1 })
const sockets = new WebSocketProvider(chain.ws)
assert.equal((await provider.getNetwork()).chainId, BigInt(chain.chain_id))

const [voter, first, second, anyone] = ['dev0', 'dev5', 'dev6', 'dev9'].map(name => new Wallet(account(name).private_key, provider))
assert.equal(voter.address.toLowerCase(), account('dev0').address)
const election = new Contract(NOMINEE_ELECTION, ABI, anyone)
const events = receipt => receipt.logs.map(log => election.interface.parseLog(log)).filter(event => event)

// The election is created when it is due.
await provider.send('ephor_advanceTo', [up.next_election.due_seconds])
const created = await (await election.createElection()).wait()
assert.equal(created.status, 1)
const { proposalId } = events(created).find(event => event.name === 'ProposalCreated').args

// Contenders sign, somebody else hands it in.
for (const contender of [first, second]) {
  const signature = await contender.signTypedData(DOMAIN, TYPES, { proposalId })
  const receipt = await (await election.addContender(proposalId, signature)).wait()
  const [added] = events(receipt)
  assert.equal(added.name, 'ContenderAdded')
  assert.equal(added.args.contender, contender.address)
  assert.equal(await election.isContender(proposalId, contender.address), true)
}
// A second time is refused, by the name of the contract's error.
const again = await first.signTypedData(DOMAIN, TYPES, { proposalId })
await assert.rejects(election.addContender.staticCall(proposalId, again), error => {
  assert.equal(error.code, 'CALL_EXCEPTION')
  assert.equal(error.revert?.name, 'AlreadyContender')
  assert.equal(error.revert.args.contender, first.address)
  return true
})

// Endorsement begins behind the snapshot.
const block = await provider.send('eth_getBlockByNumber', ['latest', false])
const blocks = await election.proposalSnapshot(proposalId) - BigInt(block.l1BlockNumber)
await provider.send('ephor_advance', [Number(blocks + 2n) * SLOT_SECONDS])

// Who listens hears of both parts of the split vote.
const heads = collector(2)
const heard = collector(2)
const listening = new Contract(NOMINEE_ELECTION, ABI, sockets)
await listening.on('VoteCastForContender', (...args) => heard.add(args.at(-1).args))
await sockets.on('block', number => heads.add(number))

const votes = BigInt(account('dev0').votes)
const shares = parts(votes)
const used = shares[0] + shares[1]
const ballots = []
for (const [contender, share] of [[first, shares[0]], [second, shares[1]]]) {
  const params = AbiCoder.defaultAbiCoder().encode(['address', 'uint256'], [contender.address, share])
  const receipt = await (await election.connect(voter).castVoteWithReasonAndParams(proposalId, 1, 'by ethers', params)).wait()
  ballots.push(events(receipt).find(event => event.name === 'VoteCastForContender').args)
}
assert.deepEqual(ballots.map(ballot => ballot.votes), shares)
assert.deepEqual(ballots.map(ballot => ballot.totalUsedVotes), [shares[0], used])
assert.equal(await election.votesUsed(proposalId, voter.address), used)

assert.deepEqual((await heard.all()).map(args => [args.contender, args.votes]), ballots.map(ballot => [ballot.contender, ballot.votes]))
const numbers = await heads.all()
assert.ok(numbers[1] > numbers[0])

// The same from the archive, by topic.
const found = await election.queryFilter(election.filters.VoteCastForContender(proposalId, voter.address), 0, 'latest')
assert.deepEqual(found.map(log => log.args.votes), shares)

await sockets.destroy()
provider.destroy()
console.log('ethers: registration by signature, split vote, events and subscription')
