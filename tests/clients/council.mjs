// What the scripts for ethers and viem share: where the network is, who acts, and what is expected of an election.
//
// UP names a file with what `ephor up --json` printed.

import { readFileSync } from 'node:fs'
import assert from 'node:assert/strict'

export const up = JSON.parse(readFileSync(process.env.UP, 'utf8'))
export const chain = up.chains.find(chain => chain.governance)
export const account = name => up.accounts.find(account => account.name === name)

export const NOMINEE_ELECTION = '0x8a1cDA8dee421cD06023470608605934c16A05a0'
export const SLOT_SECONDS = 12

// Human-readable, as both libraries take them; the source is the ABI of the deployed contracts.
export const ABI = [
  'function createElection() returns (uint256 proposalId)',
  'function addContender(uint256 proposalId, bytes signature)',
  'function isContender(uint256 proposalId, address possibleContender) view returns (bool)',
  'function proposalSnapshot(uint256 proposalId) view returns (uint256)',
  'function votesUsed(uint256 proposalId, address account) view returns (uint256)',
  'function castVoteWithReasonAndParams(uint256 proposalId, uint8 support, string reason, bytes params) returns (uint256)',
  'event ContenderAdded(uint256 indexed proposalId, address indexed contender)',
  'event VoteCastForContender(uint256 indexed proposalId, address indexed voter, address indexed contender, uint256 votes, uint256 totalUsedVotes, uint256 usableVotes)',
  'event ProposalCreated(uint256 proposalId, address proposer, address[] targets, uint256[] values, string[] signatures, bytes[] calldatas, uint256 startBlock, uint256 endBlock, string description)',
  'error AlreadyContender(address contender)',
]

export const DOMAIN = {
  name: 'SecurityCouncilNomineeElectionGovernor',
  version: '1',
  chainId: chain.chain_id,
  verifyingContract: NOMINEE_ELECTION,
}
export const TYPES = { AddContenderMessage: [{ name: 'proposalId', type: 'uint256' }] }

// Of a voter's votes for two contenders: less than makes a nominee, since more is not counted.
export const parts = votes => [votes * 3n / 100n, votes * 2n / 100n]

// Waits for as many items as are to come, and fails rather than wait for ever.
export function collector(count) {
  const items = []
  let full
  const all = new Promise(resolve => { full = resolve })
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`${items.length} of ${count} events came within 30 s`)), 30_000).unref()
  })
  return {
    add(item) { items.push(item); if (items.length === count) full(items) },
    all: () => Promise.race([all, late]),
  }
}

export { assert }
