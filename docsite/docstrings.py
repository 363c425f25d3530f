"""From docstrings, as the package writes them, to Markdown."""

import inspect
import re

__all__ = ["as_markdown"]

_PARAMETER = re.compile(r"    (\w[\w, ]*): (.*)")


def as_markdown(docstring: str) -> str:
    """Return a docstring as Markdown: its parameters as a list, and code in single backquotes."""
    lines, found = inspect.cleandoc(docstring).splitlines(), []
    within = False
    for line in lines:
        if line == "Parameters:":
            within = True
            found += ["**Parameters**", ""]
        elif within and (parameter := _PARAMETER.fullmatch(line)):
            found.append(f"- `{parameter[1]}`: {parameter[2]}")
        elif within and line.startswith("        "):
            found.append(f"    {line.strip()}")
        else:
            within = within and not line
            found.append(line)
    return "\n".join(found).replace("``", "`")
