"""web3.py: a registration by signature, a split vote, decoded events and a subscription.

UP names a file with what `ephor up --json` printed.
"""

import asyncio
import json
import os

from eth_abi import encode
from eth_account import Account
from web3 import AsyncWeb3, WebSocketProvider
from web3.exceptions import ContractCustomError
from web3.logs import DISCARD

with open(os.environ["UP"], encoding="utf-8") as file:
    UP = json.load(file)
CHAIN = next(chain for chain in UP["chains"] if chain["governance"])
ACCOUNTS = {account["name"]: account for account in UP["accounts"]}
NOMINEE_ELECTION = "0x8a1cDA8dee421cD06023470608605934c16A05a0"
SLOT_SECONDS = 12


def arguments(text, indexed=False):
    """`uint256 proposalId, address indexed voter` as a JSON ABI has it."""
    words = [argument.split() for argument in text.split(", ") if argument]
    return [{"type": w[0], "name": w[-1], **({"indexed": "indexed" in w} if indexed else {})} for w in words]


def function(name, inputs, outputs="", mutability="nonpayable"):
    return {
        "type": "function", "name": name, "stateMutability": mutability,
        "inputs": arguments(inputs), "outputs": arguments(outputs),
    }


def event(name, inputs):
    return {"type": "event", "name": name, "anonymous": False, "inputs": arguments(inputs, indexed=True)}


# The source is the ABI of the deployed contracts.
ABI = [
    function("createElection", "", "uint256 proposalId"),
    function("addContender", "uint256 proposalId, bytes signature"),
    function("isContender", "uint256 proposalId, address possibleContender", "bool answer", "view"),
    function("proposalSnapshot", "uint256 proposalId", "uint256 block", "view"),
    function("votesUsed", "uint256 proposalId, address account", "uint256 votes", "view"),
    function("castVoteWithReasonAndParams", "uint256 proposalId, uint8 support, string reason, bytes params", "uint256 weight"),
    event("ContenderAdded", "uint256 indexed proposalId, address indexed contender"),
    event("VoteCastForContender",
          "uint256 indexed proposalId, address indexed voter, address indexed contender, uint256 votes, uint256 totalUsedVotes, uint256 usableVotes"),
    event("ProposalCreated",
          "uint256 proposalId, address proposer, address[] targets, uint256[] values, string[] signatures, bytes[] calldatas, uint256 startBlock, uint256 endBlock, string description"),
]


async def main():
    async with AsyncWeb3(WebSocketProvider(CHAIN["ws"])) as w3:
        assert await w3.eth.chain_id == CHAIN["chain_id"]
        voter, first, second, anyone = (
            Account.from_key(ACCOUNTS[name]["private_key"]) for name in ("dev0", "dev5", "dev6", "dev9")
        )
        assert voter.address == w3.to_checksum_address(ACCOUNTS["dev0"]["address"])
        election = w3.eth.contract(address=NOMINEE_ELECTION, abi=ABI)

        async def request(method, *params):
            answer = await w3.provider.make_request(method, list(params))
            assert "error" not in answer, answer
            return answer["result"]

        async def send(account, call):
            transaction = await call.build_transaction({
                "from": account.address,
                "nonce": await w3.eth.get_transaction_count(account.address),
            })
            signed = account.sign_transaction(transaction)
            receipt = await w3.eth.wait_for_transaction_receipt(await w3.eth.send_raw_transaction(signed.raw_transaction))
            assert receipt["status"] == 1
            return receipt

        await request("ephor_advanceTo", UP["next_election"]["due_seconds"])
        receipt = await send(anyone, election.functions.createElection())
        (created,) = election.events.ProposalCreated().process_receipt(receipt)
        proposal = created["args"]["proposalId"]

        def signature(contender):
            domain = {
                "name": "SecurityCouncilNomineeElectionGovernor", "version": "1",
                "chainId": CHAIN["chain_id"], "verifyingContract": NOMINEE_ELECTION,
            }
            types = {"AddContenderMessage": [{"name": "proposalId", "type": "uint256"}]}
            return contender.sign_typed_data(domain, types, {"proposalId": proposal}).signature

        for contender in (first, second):
            receipt = await send(anyone, election.functions.addContender(proposal, signature(contender)))
            (added,) = election.events.ContenderAdded().process_receipt(receipt)
            assert added["args"]["contender"] == contender.address
            assert await election.functions.isContender(proposal, contender.address).call()
        try:
            await election.functions.addContender(proposal, signature(first)).call({"from": anyone.address})
        except ContractCustomError as error:
            # AlreadyContender(address), and who it is.
            selector = w3.keccak(text="AlreadyContender(address)")[:4]
            assert bytes.fromhex(error.data[2:]) == selector + encode(["address"], [first.address]), error.data
        else:
            raise AssertionError("a second registration was taken")

        block = await w3.eth.get_block("latest")
        blocks = await election.functions.proposalSnapshot(proposal).call() - int(block["l1BlockNumber"], 16)
        await request("ephor_advance", (blocks + 2) * SLOT_SECONDS)

        cast = election.events.VoteCastForContender()
        logs = await w3.eth.subscribe("logs", {"address": NOMINEE_ELECTION, "topics": [cast.topic]})
        heads = await w3.eth.subscribe("newHeads")

        votes = int(ACCOUNTS["dev0"]["votes"])
        # Less than makes a nominee, since more is not counted.
        shares = [votes * 3 // 100, votes * 2 // 100]
        ballots = []
        for contender, share in zip((first, second), shares):
            params = encode(["address", "uint256"], [contender.address, share])
            receipt = await send(voter, election.functions.castVoteWithReasonAndParams(proposal, 1, "by web3.py", params))
            ballots += [entry["args"] for entry in cast.process_receipt(receipt, errors=DISCARD)]
        assert [ballot["votes"] for ballot in ballots] == shares
        assert [ballot["totalUsedVotes"] for ballot in ballots] == [shares[0], sum(shares)]
        assert await election.functions.votesUsed(proposal, voter.address).call() == sum(shares)

        heard, numbers = [], []
        async with asyncio.timeout(30):
            async for message in w3.socket.process_subscriptions():
                if message["subscription"] == logs:
                    heard.append(cast.process_log(message["result"])["args"])
                elif message["subscription"] == heads:
                    numbers.append(message["result"]["number"])
                if len(heard) >= 2 and len(numbers) >= 2:
                    break
        assert heard == ballots, heard
        assert numbers[1] > numbers[0], numbers

        found = await cast.get_logs(from_block=0, argument_filters={"proposalId": proposal, "voter": voter.address})
        assert [log["args"]["votes"] for log in found] == shares
    print("web3.py: registration by signature, split vote, events and subscription")


asyncio.run(main())
