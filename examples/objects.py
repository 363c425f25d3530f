"""Objects of classes in the main script travel to the workers and come back as what they were.

A worker gets a copy, unless the task runs where it was started. So do not count on changes to an argument
being seen, or not being seen: return what you want to have back. Frozen classes make it hard to forget.

Run it:  python -m scoop -n 2 examples/objects.py
"""

from dataclasses import dataclass, replace
from enum import Enum

from scoop import futures


class Heading(Enum):
    """The four directions, as steps on a grid."""

    NORTH = (0, 1)
    EAST = (1, 0)
    SOUTH = (0, -1)
    WEST = (-1, 0)

    def turned_right(self) -> "Heading":
        directions = list(Heading)
        return directions[(directions.index(self) + 1) % len(directions)]


@dataclass(frozen=True)
class Robot:
    name: str
    program: str
    x: int = 0
    y: int = 0
    heading: Heading = Heading.NORTH

    def step(self, command: str) -> "Robot":
        """One command: F is forward, R is a turn to the right."""
        if command == "R":
            return replace(self, heading=self.heading.turned_right())
        east, north = self.heading.value
        return replace(self, x=self.x + east, y=self.y + north)


def run(robot: Robot) -> Robot:
    for command in robot.program:
        robot = robot.step(command)
    return robot


def main() -> None:
    robots = [
        Robot("Huey", "FFRFFF"),
        Robot("Dewey", "RRFRFFF"),
        Robot("Louie", "RFF" * 4),
        Robot("Webby", "F" * 50 + "R" * 6),
    ]
    arrived = list(futures.map(run, robots))

    # They are not lookalikes of another class: types, equality and enum members are those of this script.
    assert all(type(robot) is Robot for robot in arrived)
    assert all(robot.heading is Heading(robot.heading.value) for robot in arrived)
    assert arrived == [run(robot) for robot in robots]

    for robot in arrived:
        print(f"  {robot.name:<6} at {robot.x:>2}, {robot.y:>2} looking {robot.heading.name.lower()}")
    print(f"{len(arrived)} robots went out, {len(arrived)} came back.")


if __name__ == "__main__":
    main()
