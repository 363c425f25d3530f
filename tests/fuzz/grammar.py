"""Makes random programs: a seed decides all of one, and under which options it is run."""

import random
from dataclasses import dataclass, field
from typing import Any

Node = dict[str, Any]

SIZES = (1, 2, 3, 8, 30, 100, 300, 1000, 5000)
SECONDS = 0.12
"""How long the rows of a map may nap and spin, all together."""


@dataclass(frozen=True)
class Mix:
    """The options that a program is run with, and what happens to it."""

    n: int
    retries: int
    kills: int
    alarms: bool
    interrupts: bool

    def __str__(self) -> str:
        told = [f"n={self.n}", f"retries={self.retries}"]
        told += [f"kills={self.kills}"] * bool(self.kills)
        return " ".join(told + ["alarms"] * self.alarms + ["Ctrl-C"] * self.interrupts)


@dataclass
class Program:
    """Steps that are played one after another, and how."""

    seed: int
    mix: Mix
    steps: list[Node] = field(default_factory=list)


def make(seed: int, subprograms: int = 5, **fixed: Any) -> Program:
    """Return the program of a seed; ``fixed`` are fields of the mix that the seed is not to decide."""
    rng = random.Random(seed)
    mix: dict[str, Any] = {
        "n": rng.choice([1, 2, 2, 3, 3, 8]),
        "retries": rng.choice([0, 0, 1, 2]),
        "kills": rng.choice([0, 0, 0, 1, 2]),
        "alarms": rng.random() < 0.3,
        "interrupts": rng.random() < 0.25,
    }
    mix.update(fixed)
    if mix["n"] == 1:
        mix["kills"] = 0
    maker = _Maker(random.Random(seed + 1), Mix(**mix))
    return Program(seed, maker.mix, [step for _ in range(subprograms) for step in maker.subprogram()])


class _Maker:
    """Makes the nodes of one program."""

    def __init__(self, rng: random.Random, mix: Mix) -> None:
        self.rng = rng
        self.mix = mix
        self.kills_left = mix.kills
        self.struck = False
        """Whether what is made is to be struck by a handler that raises: then some things are not done there."""
        self.interrupts = 0
        self._count = 0

    def fresh(self, what: str) -> str:
        """Return a name that nothing else in this program has."""
        self._count += 1
        return f"{what}{self._count}"

    def chance(self, share: float) -> bool:
        """Decide."""
        return self.rng.random() < share

    def subprogram(self) -> list[Node]:
        """Return a few steps."""
        return [self.step() for _ in range(self.rng.randint(1, 4))]

    def step(self) -> Node:
        """Return something for the main program to do."""
        if self.mix.alarms and self.chance(0.4):
            return self.strike("alarm")
        if self.mix.interrupts and self.chance(0.3 if self.interrupts == 0 else 0.03):
            self.interrupts += 1
            return self.strike("interrupt", everywhere=self.chance(0.5), again=self.interrupts > 1)
        if self.chance(0.15):
            return self.constant()
        if self.chance(0.15):
            return self.noted_map()
        if self.chance(0.15):
            return self.threads(2)  # what several threads share is where races are
        return self.node(self.rng.choice([0, 1, 1, 2]))

    def strike(self, do: str, **more: Any) -> Node:
        """Return a node that is interrupted soon."""
        self.struck = True
        child = self.node(self.rng.choice([0, 1, 1, 2]))
        self.struck = False
        return {"do": do, "delay": self.rng.choice([0.0005, 0.003, 0.01, 0.03]), "child": child, **more}

    def node(self, depth: int) -> Node:
        """Return something to do, with nodes inside nodes as deep as that."""
        makers = [
            self.gather,
            self.gather,
            self.graph,
            self.map,
            self.map,
            self.map,
            self.reduction,
            self.cancel,
            self.two_maps,
        ]
        if not self.struck:
            makers += [self.threads, self.abandon, self.abandoned_map]
        return self.rng.choice(makers)(depth)

    # -- Rows and tasks.

    def row(self, size: int, errors: bool = True) -> Node:
        """Return what the rows of a map do."""
        spec: Node = {"mul": self.rng.randint(1, 1000)}
        if self.chance(0.5):
            every = self.rng.choice([1, 1, 7, size])
            longest = SECONDS / (1 + size // every)
            spec |= {"every": every, "nap": round(min(self.rng.choice([0.0002, 0.002, 0.03, 0.1]), longest), 6)}
        if self.chance(0.3):
            spec["spin"] = int(min(self.rng.choice([10, 1000, 100_000]), 3_000_000 * SECONDS / size))
        if errors and self.chance(0.15):
            spec["raises_at"] = self.rng.randrange(size)
        if self.kills_left and self.chance(0.3):
            self.kills_left -= 1
            spec |= {"kills_at": self.rng.randrange(size), "flag": self.fresh("killed")}
        return spec

    def tries(self, node: Node) -> Node:
        """Give some of the nodes a number of retries of their own."""
        if self.chance(0.1):
            node["tries"] = self.rng.choice([0, 1, 3])
        return node

    def leaf(self, errors: bool = True) -> Node:
        """Return a single task that has no others."""
        size = self.rng.choice([1, 10, 100])
        row = self.row(10, errors)
        x = row["kills_at"] if "kills_at" in row else self.rng.randrange(size)
        if errors and self.chance(0.05):
            row["odd_at"] = x
        return self.tries({"do": "leaf", "row": row, "x": x, "stays": self.chance(0.1)})

    def children(self, depth: int, most: int = 12) -> list[Node]:
        """Return a few nodes."""
        if depth == 0:
            return [self.leaf() for _ in range(self.rng.randint(1, most))]
        return [
            self.leaf() if self.chance(0.5) else self.tries(self.node(depth - 1))
            for _ in range(self.rng.randint(1, max(3, most // 3)))
        ]

    def gather(self, depth: int) -> Node:
        """Return tasks that are waited for."""
        ways = ["in_order", "last_first", "by_as_completed", "by_waiting", "by_first", "by_first_exception"]
        ways += ["by_deadlines", "by_impatience", "by_polling", "by_spinning"]
        if not self.struck:
            ways += ["by_callbacks", "by_callbacks_that_submit"]
        return {"do": "gather", "way": self.rng.choice(ways), "children": self.children(depth)}

    def graph(self, _: int) -> Node:
        """Return tasks that depend on each other, some of which fail."""
        size = self.rng.randint(1, 25)
        tasks = []
        for number in range(size):
            before = [self.rng.randrange(number) for _ in range(self.rng.choice([0, 1, 2, 2, 5]))] if number else []
            place = self.rng.choice(["apart", "list", "dict", "mixed"])
            leaf = self.leaf()
            leaf["row"].pop("odd_at", None)
            leaf.pop("odd_at", None)
            tasks.append({"leaf": leaf, "before": before, "place": place, "returns": self.chance(0.15)})
        return {"do": "graph", "tasks": tasks, "backwards": self.chance(0.5)}

    def abandon(self, depth: int) -> Node:
        """Return tasks that are never waited for."""
        return {"do": "abandon", "children": self.children(depth, 5)}

    def threads(self, depth: int) -> Node:
        """Return nodes for threads to play."""
        return {"do": "threads", "children": [self.node(max(depth - 1, 0)) for _ in range(self.rng.randint(1, 3))]}

    def cancel(self, _: int) -> Node:
        """Return tasks, some of which are cancelled."""
        children = [self.leaf(errors=False) for _ in range(self.rng.randint(1, 20))]
        which = [number for number in range(len(children)) if self.chance(0.5)]
        return {"do": "cancel", "children": children, "which": which, "late": self.chance(0.5)}

    # -- Maps.

    def options(self) -> Node:
        """Return keywords for a map."""
        found: Node = {}
        if self.chance(0.2):
            found["buffersize"] = self.rng.choice([1, 2, 10, 100])
        if self.chance(0.2):
            found["chunksize"] = self.rng.choice([1, 3, 50])
        if self.chance(0.1):
            found["timeout"] = 300
        return found

    def map(self, depth: int) -> Node:
        """Return a map that is consumed, or begun and left."""
        if depth and self.chance(0.6):
            return self.nested_map(depth)
        size = self.rng.choice(SIZES)
        kinds = ["range", "range", "list", "stream", "slow stream", "stream that raises", "stream of results"]
        kinds += ["pairs", "locks", "endless"]
        node = {"do": "map", "ordered": self.chance(0.6), "size": size, "inputs": self.rng.choice(kinds)}
        node |= {"row": self.row(size), "options": self.options(), "take": None, "end": "all"}
        if self.chance(0.35) or node["inputs"] == "endless":
            node |= {"take": self.rng.choice([0, 1, 1, 5, 50]), "end": self.rng.choice(["break", "close"])}
        return self.mended(node)

    def mended(self, node: Node) -> Node:
        """Leave out of a map what makes its results differ from one time to the next."""
        row, size = node["row"], node["size"]
        if node["inputs"] == "endless" and row.get("every", 0) > 1:
            row["every"] = 7  # whoever runs ahead of the consumer naps for a part of its time only
        if node["inputs"] in ("stream that raises", "endless") and not node["ordered"]:
            node["inputs"] = "stream"  # how many results come before the exception may differ
        if node["take"] is not None:
            node["take"] = min(node["take"], size)
        if node["ordered"] and "raises_at" not in row and self.chance(0.05):
            row["odd_at"] = self.rng.randrange(size)
        elif node["inputs"] in ("range", "list", "stream") and "raises_at" not in row and self.chance(0.08):
            node["options"]["timeout"] = self.rng.choice([0.001, 0.01, 0.05])
        return self.tries(node)

    def noted_map(self) -> Node:
        """Return a map whose rows note that they run: none may do so twice, as long as no worker dies."""
        node = self.map(0)
        if self.mix.kills == 0:
            node["row"]["note"] = self.fresh("ran")
        return node

    def nested_map(self, depth: int) -> Node:
        """Return a map whose rows do more than compute."""
        size, child = self.rng.randint(1, 6), self.node(depth - 1)
        node: Node = {"do": "map", "ordered": True, "size": size, "inputs": "range", "child": child}
        return self.tries(node | {"options": self.options(), "take": None, "end": "all"})

    def abandoned_map(self, _: int) -> Node:
        """Return a map that nobody consumes."""
        node = self.map(0) | {"do": "abandon map"}
        if node["inputs"] == "endless":
            node["inputs"] = "stream"
        return node

    def two_maps(self, _: int) -> Node:
        """Return two maps that are consumed by turns."""
        rows = [self.row(5, errors=False) for _ in range(2)]
        maps = [self.tries({"ordered": True, "size": 5, "inputs": "range", "row": r, "options": {}}) for r in rows]
        return {"do": "two maps", "first": maps[0], "second": maps[1]}

    def reduction(self, _: int) -> Node:
        """Return a reduction, or a scan."""
        size = self.rng.choice([1, 2, 3, 10, 40])
        node: Node = {"do": "reduce", "scan": self.chance(0.4), "size": size, "row": self.row(size)}
        ops = ["join", "join", "slow", "nested"]
        if size > 1 and "raises_at" not in node["row"]:
            ops += ["raise"]
            node["op_raises_at"] = self.rng.randrange(1, size)
        node |= {"op": self.rng.choice(ops), "inputs": self.rng.choice(["range", "list", "stream"])}
        return node | {"options": {"timeout": 300} if self.chance(0.2) else {}}

    def constant(self) -> Node:
        """Return the life of a constant."""
        node: Node = {"do": "constant", "name": self.fresh("c"), "rounds": self.rng.randint(1, 4)}
        node |= {"size": self.rng.choice([1, 5, 30]), "bytes": self.rng.choice([0, 0, 1000, 300_000])}
        left = self.rng.choice([0, 0, 3])
        return node | {"nap": self.rng.choice([0.0, 0.001, 0.01]), "left": left, "hasty": self.chance(0.5)}
