"""What the command line says of itself: help, mistakes, completion, the manual page, the examples."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from running import Run, run_python, write
from scoop.cli.parsing.command_options import COMMAND_PARSERS, SHELLS
from scoop.cli.parsing.completion import completion
from scoop.cli.parsing.options import new_parser

COMMANDS = tuple(COMMAND_PARSERS)
LISTABLE = [name for option in new_parser().shown_options() for name in option.names]


def scoop(*words: str, cwd: Path) -> Run:
    return run_python("-m", "scoop", *words, cwd=cwd)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_a_help_that_ends_in_examples(tmp_path: Path, command: str) -> None:
    run = scoop(command, "--help", cwd=tmp_path)
    assert (run.status, run.err) == (0, "")
    assert run.out.startswith(f"usage: scoop {command}")
    *_, examples = run.out.partition("\nexamples:\n")
    assert f"scoop {command}" in examples
    assert all(line.startswith("  ") for line in examples.splitlines())


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_names_each_command(tmp_path: Path, command: str) -> None:
    assert f"\n    {command} " in scoop("--help", cwd=tmp_path).out


def test_the_help_names_what_follows_an_option(tmp_path: Path) -> None:
    shown = scoop("--help", cwd=tmp_path).out
    assert [
        each for each in ("--host HOST ...", "--profile [FILE.prof]", "-m MODULE", "-c CODE") if each not in shown
    ] == []


def test_help_imports_nothing_that_runs_programs(tmp_path: Path) -> None:
    run = run_python("-X", "importtime", "-m", "scoop", "--help", cwd=tmp_path)
    assert run.status == 0
    for module in ("greenlet", "cloudpickle", "logging", "scoop.engine.scheduler", "asyncio", "difflib"):
        assert f" {module}\n" not in run.err


@pytest.mark.parametrize(
    ("word", "meant"),
    [("--retry", "--retries"), ("--retry=3", "--retries"), ("--lancher", "--launcher"), ("--workers", "-n")],
)
def test_an_unknown_option_is_answered_with_the_one_meant(tmp_path: Path, word: str, meant: str) -> None:
    run = scoop(word, "script.py", cwd=tmp_path)
    assert run.status == 2
    assert f"there is no option {word.partition('=')[0]}; did you mean {meant}?" in run.err


def test_an_unknown_option_that_is_like_no_other_is_named(tmp_path: Path) -> None:
    run = scoop("--xyzzy", "script.py", cwd=tmp_path)
    assert run.status == 2
    assert "there is no option --xyzzy (python -m scoop --help tells all options)" in run.err


@pytest.mark.parametrize("level", ["50", "-21", "high"])
def test_a_niceness_out_of_range_is_refused_with_the_range(tmp_path: Path, level: str) -> None:
    run = scoop("--nice", level, "-c", "print('ran')", cwd=tmp_path)
    assert (run.status, run.out) == (2, "")
    assert f"'{level}' is not a level of niceness: a whole number from -20 to 19" in run.err


# -- completion --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_knows_all_options_and_commands(tmp_path: Path, shell: str) -> None:
    run = scoop("completion", shell, cwd=tmp_path)
    assert (run.status, run.err) == (0, "")
    assert run.out == completion(shell)
    spelled = [f"-l {name[2:]} " if shell == "fish" else name for name in LISTABLE if name.startswith("--")]
    assert [name for name in (*spelled, *COMMANDS) if name not in run.out] == []


@pytest.mark.parametrize("shell", SHELLS)
def test_completion_is_code_that_the_shell_understands(tmp_path: Path, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    code = write(tmp_path / "completion")
    code.write_text(completion(shell))
    run = subprocess.run([shell, "-n", str(code)], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")


def complete(cwd: Path, *words: str) -> list[str]:
    """Return what bash would offer for the last of the words."""
    ask = 'COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _scoop; printf "%s\\n" "${COMPREPLY[@]}"'
    code = f"{completion('bash')}\n{ask}"
    run = subprocess.run(["bash", "-c", code, "-", *words], cwd=cwd, capture_output=True, text=True, check=True)
    assert run.stderr == ""
    return sorted(filter(None, run.stdout.splitlines()))


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_bash_completes_options_values_commands_and_files(tmp_path: Path) -> None:
    write(tmp_path / "my script.py")
    write(tmp_path / "work.py")
    assert complete(tmp_path, "scoop", "--ret") == ["--retries"]
    assert complete(tmp_path, "scoop", "-n", "2", "--launcher", "s") == ["srun", "ssh"]
    assert complete(tmp_path, "scoop", "wor") == ["work.py", "worker"]
    assert complete(tmp_path, "scoop", "-n", "2", "my") == ["my script.py"]
    assert complete(tmp_path, "scoop", "worker", "--") == ["--connect", "--help", "--wait"]
    assert complete(tmp_path, "scoop", "completion", "z") == ["zsh"]


# -- the manual page ---------------------------------------------------------------------------------------------


def test_the_manual_page_has_all_options_and_commands(tmp_path: Path) -> None:
    run = scoop("manpage", cwd=tmp_path)
    assert (run.status, run.err) == (0, "")
    text = run.out.replace("\\-", "-")
    assert [name for name in LISTABLE if f"\\fB{name}\\fR" not in text] == []
    assert [name for name in COMMANDS if f'.SH "SCOOP {name.upper()}"' not in text] == []


@pytest.mark.skipif(shutil.which("groff") is None, reason="there is no groff here")
def test_the_manual_page_is_set_without_a_warning(tmp_path: Path) -> None:
    page = scoop("manpage", cwd=tmp_path).out
    run = subprocess.run(
        ["groff", "-ww", "-man", "-Tascii", "-Z"], input=page, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")


# -- the examples ------------------------------------------------------------------------------------------------


def test_the_examples_are_copied_to_a_new_folder_and_run(tmp_path: Path) -> None:
    run = scoop("examples", "learning", cwd=tmp_path)
    assert (run.status, run.err) == (0, "")
    assert "learning" + os.sep + "hello.py" in run.out
    run = scoop("-n", "2", os.path.join("learning", "hello.py"), cwd=tmp_path)
    assert (run.status, run.out.splitlines()[-1]) == (0, "Hello, Edsger!")


def test_the_examples_overwrite_nothing(tmp_path: Path) -> None:
    mine = write(tmp_path / "mine" / "hello.py", "print('mine')")
    run = scoop("examples", "mine", cwd=tmp_path)
    assert (run.status, run.out) == (2, "")
    assert "'mine' is there already" in run.err
    assert mine.read_text() == "print('mine')"


def test_a_program_that_has_the_name_of_a_command_is_run(tmp_path: Path) -> None:
    write(tmp_path / "examples" / "__main__.py", "if __name__ == '__main__': print('mine')")
    assert scoop("-n", "1", "examples", cwd=tmp_path) == Run(0, "mine\n", "")
    assert scoop("examples", cwd=tmp_path) == Run(0, "mine\n", "")


def test_a_folder_that_is_no_program_hides_no_command(tmp_path: Path) -> None:
    (tmp_path / "completion").mkdir()
    assert scoop("completion", "bash", cwd=tmp_path).out == completion("bash")
