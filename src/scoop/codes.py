"""The codes of SCOOP's messages, such as SC-19: each is listed in docs/messages.md with its cause and remedy.

An exception has the code of its class, as its attribute ``code``: see errors.py. All else that is printed is found
here by a few of its words.
"""

__all__ = ["CODES", "REFUSAL", "with_code", "with_code_of"]

REFUSAL = "SC-01"
"""Of all that the command line refuses before it starts anything."""

CODES = {
    "SC-30": "runs serially: this program was started without SCOOP's workers",
    "SC-31": "has no use for",
    "SC-32": "cannot travel to other workers",
    "SC-33": "and the program has not asked for that",
    "SC-34": "a callback raised an exception, which is ignored",
    "SC-35": "a callback could not be rebuilt where its task ran",
    "SC-36": "of the main script could not be rebuilt on a worker",
    "SC-37": "anew, but a worker could not, and keeps the old one",
    "SC-38": "; workers keep their own",
    "SC-39": "has failed in a worker that started later",
    "SC-40": "a task has stood still for",
    "SC-41": "has stood still since",
    "SC-42": "bytes of a message that is to have",
    "SC-43": "is ended, for it has sent",
    "SC-44": "is ended, for its message makes no sense",
    "SC-45": "a worker has got",
    "SC-46": "a worker cannot take in what it was sent, and ends",
    "SC-47": "a worker cannot be started (",
    "SC-48": "the run goes on without one worker",
    "SC-49": "the program could not handle a log record or a warning of a worker",
    "SC-50": "an object of the program has raised an exception on a thread of SCOOP",
    "SC-51": "the event loop of the tasks goes on after an exception",
    "SC-52": "a message could not be handled",
    "SC-53": "a callback failed",
    "SC-54": "ends here, and the run goes on",
    "SC-55": "no span was sent",
    "SC-56": "no more spans are sent",
    "SC-57": "spans are missing",
    "SC-58": "lacks lines from here on",
    "SC-59": ", as the program has: ",
    "SC-60": "the broker has died, so this run cannot go on",
    "SC-61": "this program has closed descriptors that it did not open",
    "SC-62": "the broker cannot go on",
    "SC-63": "the broker has died, and compiled code kept the program",
    "SC-68": "does not answer yet",
    "SC-69": "the run has ended without",
    "SC-70": "the run goes on without",
    "SC-71": "has left the run, or is lost",
    "SC-72": "the link to the other machines is lost",
    "SC-73": "makes no sense (",
    "SC-74": "a stranger's call from",
    "SC-75": "leaves the run:",
    "SC-76": "is broken; it has",
    "SC-77": "is back, and goes on",
    "SC-78": "was away for too long, and joins the run afresh",
    "SC-79": "its agent has ended, and is started again",
    "SC-80": "the global interpreter lock (GIL)",
}
"""What is printed and is no exception: by its code, words that tell it from all others."""


def with_code_of(text: str) -> str:
    """Return a message with its code, if it has one. The words of the first line tell which it is."""
    first = text.partition("\n")[0]
    return with_code(text, next((code for code, words in CODES.items() if words in first), ""))


def with_code(text: str, code: str) -> str:
    """Return a message with a code at the end of its first line, unless it ends with one, or has that already."""
    first, newline, rest = text.partition("\n")
    if not code or f"({code})" in first or first.removesuffix(":")[-7:-3] == "(SC-":
        return text
    colon = ":" if newline and first.endswith(":") else ""
    shown = f"{first.removesuffix(colon)} ({code})" if first else f"({code})"
    return f"{shown}{colon}{newline}{rest}"
