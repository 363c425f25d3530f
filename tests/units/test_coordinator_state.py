"""The books between machines, where a single step matters; tests/simulation has all of them together."""

from scoop.broker.branch import Branch
from scoop.broker.instructions import Instruction, Send
from scoop.broker.linked import HUNGER
from scoop.uplink.envoy import ABROAD, HOME, Envoy
from scoop.uplink.exchange import HERE, Exchange
from scoop.uplink.junction import Junction
from scoop.wire.messages import PRIVATE, SUSPECT, TOO_FEW, USUAL, Kind, Message, parcel_id

UPLINK = 1


def sent(instructions: list[Instruction], kind: Kind) -> list[tuple[int, list[int]]]:
    return [
        (i.worker, list(i.message.numbers)) for i in instructions if isinstance(i, Send) and i.message.kind == kind
    ]


def new_exchange(machines: int) -> Exchange:
    exchange = Exchange(lambda machine: f"the machine {machine} was lost")
    for machine in range(machines):
        exchange.joined(machine)
    return exchange


def hungry(books: Exchange | Branch, worker: int) -> list[Instruction]:
    """Let an uplink say that its side is hungry, as of all it has been sent."""
    return books.received(worker, Message(Kind.APPETITE, books._workers[worker].sent, (HUNGER,)))


def test_a_lost_machine_costs_a_try_also_of_what_comes_home_meanwhile() -> None:
    exchange = new_exchange(3)
    hungry(exchange, 1)
    parcel = parcel_id(HERE, 1)
    told = exchange.received(HERE, Message(Kind.PARCEL, parcel, [0, 1, 2, 0], b"body"))
    assert sent(told, Kind.PARCEL) == [(1, [0, 1, 2, 0])]
    told = exchange.left(1, 0)
    assert sent(told, Kind.LOST) == [(HERE, [1])], "it must not run twice"
    assert sent(hungry(exchange, HERE), Kind.PARCEL) == [(HERE, [0, 1])], "one of two retries is left"

    envoy = Envoy(UPLINK, HERE)
    envoy.from_home(Message(Kind.PARCEL, parcel_id(0, 7), [0, 2], b"body"))
    orders = envoy.from_abroad(Message(Kind.PARCEL, parcel, [0, 1], b"body"))
    assert (HOME, Message(Kind.RETURN, parcel_id(0, 7), [0, 1])) in orders
    assert (ABROAD, Message(Kind.DROPPED, parcel, [0])) in orders

    branch = Branch(UPLINK, decides=True, retries=2)
    branch.joined(0)
    branch.joined(UPLINK)
    hungry(branch, UPLINK)
    assert sent(branch.received(0, Message(Kind.PARCEL, 7, [USUAL], b"body")), Kind.PARCEL) == [(UPLINK, [0, 2])]
    branch.received(UPLINK, Message(Kind.RETURN, 7, [0, 1]))
    assert sent(hungry(branch, UPLINK), Kind.PARCEL) == [(UPLINK, [0, 1])]


def test_a_suspect_goes_elsewhere_also_while_the_program_is_the_only_worker_here() -> None:
    branch = Branch(UPLINK, decides=True, retries=2)
    branch.joined(0)
    branch.joined(UPLINK)
    branch.received(0, Message(Kind.PARCEL, 7, [1 | SUSPECT], b"body"))
    branch.received(0, Message(Kind.HUNGRY, branch._workers[0].sent))
    assert sent(hungry(branch, UPLINK), Kind.PARCEL) == [(UPLINK, [0, 1 | SUSPECT])]


def test_a_suspect_is_not_for_the_machine_of_the_origin_unless_it_is_the_last() -> None:
    exchange = new_exchange(2)
    hungry(exchange, HERE)
    exchange.received(HERE, Message(Kind.PARCEL, parcel_id(HERE, 1), [0, 2 | SUSPECT], b"body"))
    assert not sent(hungry(exchange, HERE), Kind.PARCEL)
    assert sent(exchange.left(1, 0), Kind.PARCEL) == [(HERE, [0, 2 | SUSPECT])]


def test_what_only_a_lost_machine_needed_is_deleted() -> None:
    exchange = new_exchange(2)
    name = f"{PRIVATE}large".encode()
    exchange.received(1, Message(Kind.CONST, 1, (len(name),), name + b"function"))
    assert sent(exchange.left(1, 0), Kind.UNCONST) == [(HERE, [len(name)])]


def test_a_run_without_workers_here_ends_when_nobody_else_can_work() -> None:
    for spare in (False, True):
        branch = Branch(UPLINK, decides=True, retries=2, spare=spare)
        branch.joined(0)
        branch.joined(UPLINK)
        told = branch.received(UPLINK, Message(Kind.BROKEN, TOO_FEW, (0,), b"why"))
        assert sent(told, Kind.BROKEN) == ([(0, [])] if spare else [])


def test_what_the_exchange_says_when_it_gives_up_counts_like_all_it_says() -> None:
    junction = Junction(UPLINK)
    before = junction.exchange._workers[HERE].sent
    assert [(to, message.kind) for to, message in junction.give_up("why")] == [(HERE, Kind.BROKEN)]
    assert junction.envoy._abroad.seen == junction.exchange._workers[HERE].sent == before + 1
