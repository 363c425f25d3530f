"""`futures.as_completed` hands out futures as they finish, so that no result waits behind a slow one.

Run it:  python -m scoop -n 2 examples/as_completed.py
"""

import time

from scoop import futures

DISHES = {"roast": 0.3, "soup": 0.1, "salad": 0.05, "pie": 0.2}


def cook(dish: str, seconds: float) -> str:
    time.sleep(seconds)
    return f"{dish} is ready"


def main() -> None:
    # A future is equal only to itself, so it can be a key: that is how to know later which task it was.
    dish_of = {futures.submit(cook, dish, seconds): dish for dish, seconds in DISHES.items()}

    served = {}
    for future in futures.as_completed(dish_of):
        # The future has finished: `result` returns at once.
        served[dish_of[future]] = future.result()
        print(f"  {future.result()}")

    # The order depends on the day; what was served does not.
    assert served == {dish: f"{dish} is ready" for dish in DISHES}
    print(f"Served {len(served)} dishes, each as soon as it was ready.")


if __name__ == "__main__":
    main()
