"""``scoop completion SHELL``: what completes the command ``scoop``, made from the options as they are now.

A word that begins with a dash becomes an option of the command that is typed; any other word becomes a file, or as
the first one a command.
"""

from collections.abc import Iterator

from .command_options import COMMAND_PARSERS, SHELLS
from .options import new_parser
from .parser import Option

__all__ = ["completion"]

_COMMANDS = " ".join(COMMAND_PARSERS)
_SHELLS = " ".join(SHELLS)


def completion(shell: str) -> str:
    """Return the code for a shell, one of ``SHELLS``, that completes the command ``scoop``."""
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell]()


def _options() -> Iterator[tuple[str, list[Option]]]:
    """Yield the options of each command, by the pattern of a shell's case; those of a run last."""
    for name, new in COMMAND_PARSERS.items():
        yield name, [*new().shown_options()]
    yield "*", [*new_parser().shown_options()]


def _choices() -> Iterator[tuple[str, str]]:
    """Yield the options whose values can be listed, and these values."""
    for option in new_parser().shown_options():
        if option.choices:
            yield "|".join(option.names), " ".join(option.choices)


def _bash() -> str:
    choices = [f"        {names}) words={_quote(values)} ;;" for names, values in _choices()]
    options = [
        f"        {command}) words={_quote(' '.join(name for option in all_ for name in option.names))} ;;"
        for command, all_ in _options()
    ]
    return _BASH.format(choices="\n".join(choices), options="\n".join(options), commands=_COMMANDS, shells=_SHELLS)


_BASH = """\
_scoop() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} words= found
    case $COMP_CWORD:$before in
        1:*) words='{commands}' ;;
        2:completion) words='{shells}' ;;
    esac
    [[ $word == -* ]] && case ${{COMP_WORDS[1]}} in
{options}
    esac
    case $before in
{choices}
        *) found=$(compgen -f -- "$word") ;;
    esac
    found=$(compgen -W "$words" -- "$word"; echo "$found")
    local IFS=$'\\n'
    COMPREPLY=($found)
}}
complete -o filenames -F _scoop scoop
"""


def _zsh() -> str:
    choices = [f"        {names}) compadd {values}; return ;;" for names, values in _choices()]
    options = [
        f"            {command}) options=(\n{_described(all_)}\n            ) ;;" for command, all_ in _options()
    ]
    return _ZSH.format(choices="\n".join(choices), options="\n".join(options), commands=_COMMANDS, shells=_SHELLS)


def _described(options: list[Option]) -> str:
    lines = [_quote(f"{name}:{option.help}") for option in options for name in option.names]
    return "\n".join(f"                {line}" for line in lines)


_ZSH = """\
#compdef scoop
_scoop() {{
    local -a options
    case $words[CURRENT-1] in
{choices}
    esac
    if [[ $words[CURRENT] == -* ]]; then
        case $words[2] in
{options}
        esac
        _describe option options
        return
    fi
    (( CURRENT == 2 )) && compadd {commands}
    if [[ $words[2] == completion ]]; then
        compadd {shells}
    else
        _files
    fi
}}
compdef _scoop scoop
"""


def _fish() -> str:
    lines = [f"complete -c scoop -n __fish_is_first_arg -a {_quote(_COMMANDS)}"]
    lines += [f"complete -c scoop -n '__fish_seen_subcommand_from completion' -x -a {_quote(_SHELLS)}"]
    for command, options in _options():
        where = f"__fish_seen_subcommand_from {command}"
        if command == "*":
            where = f"not __fish_seen_subcommand_from {_COMMANDS}"
        lines += [f"complete -c scoop -n '{where}'{_fish_words(option)}" for option in options]
    return "\n".join(lines) + "\n"


def _fish_words(option: Option) -> str:
    words = [f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names]
    if option.choices:
        words.append(f"-x -a {_quote(' '.join(option.choices))}")
    elif option.value:
        words.append("-r")
    return "".join(f" {word}" for word in [*words, f"-d {_fish_quote(option.help)}"])


def _quote(text: str) -> str:
    """Return a word for bash or zsh."""
    return "'" + text.replace("'", "'\\''") + "'"


def _fish_quote(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
