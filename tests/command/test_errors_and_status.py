"""How a program ends: with the status, output and traceback that plain python gives it."""

from pathlib import Path

import pytest

from running import HOME, RunScoop, run_both, write

ENDS = {
    "end": "pass",
    "exit 3": "sys.exit(3)",
    "exit 0": "sys.exit(0)",
    "exit None": "sys.exit()",
    "exit True": "sys.exit(True)",
    "exit 300": "sys.exit(300)",
    "exit text": 'sys.exit("some words")',
    "exit object": 'sys.exit(["a", "list"])',
    "raise SystemExit": "raise SystemExit",
    "raise SystemExit(None)": "raise SystemExit(None)",
    "raise SystemExit(4)": "raise SystemExit(4)",
    "os._exit": "os._exit(5)",
    "exception": 'raise ValueError("v")',
    "no str": "raise type('NoStr', (Exception,), {'__str__': lambda self: 1 / 0})",
    "base exception": 'raise BaseException("b")',
    "generator exit": "raise GeneratorExit",
    "keyboard interrupt": 'raise KeyboardInterrupt("mine")',
    "SIGINT": "os.kill(os.getpid(), signal.SIGINT); time.sleep(60)",
    "SIGTERM": "os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)",
    "SIGKILL": "os.kill(os.getpid(), signal.SIGKILL); time.sleep(60)",
    "abort": "sys.stdout.flush(); os.abort()",
    "import": "import no_such_module_anywhere",
    "deep": "deep(5)",
    "chain": "chain()",
    "context": "context()",
    "group": 'raise ExceptionGroup("g", [ValueError(1), ExceptionGroup("h", [TypeError(2)])])',
    "note": "note()",
    "eval": 'eval("1 +")',
    "syntax of another": "compile('def f(:', 'another.py', 'exec')",
    "excepthook": "sys.excepthook = lambda kind, _, tb: print(kind, tb.tb_lineno, tb.tb_next); 1 / 0",
    "bad excepthook": "sys.excepthook = lambda *_: {}[0]; 1 / 0",
    "broken exit handler": 'atexit.register(exec, "1 / 0")',
}


@pytest.mark.parametrize("end", ENDS)
def test_status_output_and_traceback_are_those_under_plain_python(scoop_run: RunScoop, end: str) -> None:
    source = f"""
    import atexit, os, signal, sys, time

    def deep(levels):
        return deep(levels - 1) if levels else 1 / 0

    def chain():
        try:
            deep(1)
        except ZeroDivisionError as error:
            raise LookupError("from") from error

    def context():
        try:
            chain()
        except LookupError:
            raise KeyError("while")

    def note():
        error = ValueError("v")
        error.add_note("a note")
        raise error

    if __name__ == "__main__":
        atexit.register(print, "at exit")
        print("before")
        {ENDS[end]}
    """
    assert scoop_run(source) == scoop_run(source, plain=True)


@pytest.mark.parametrize(
    "source",
    ["def f(:\n    pass\n", "x = 1\n  y = 2\n", 'print("a" "b\n', "return 3\n", "a = é\x01\n"],
    ids=["invalid", "indent", "unterminated", "return", "character"],
)
@pytest.mark.parametrize("words", [("script.py",), ("-m", "script"), ("-c", "{}")], ids=lambda words: words[0])
def test_a_syntax_error_reads_as_under_plain_python(tmp_path: Path, words: tuple[str, ...], source: str) -> None:
    script = write(tmp_path / "script.py")
    script.write_text(source)
    words = (str(script),) if words == ("script.py",) else words
    ours, plain = run_both(*(word.replace("{}", source) for word in words), cwd=tmp_path)
    assert (ours.status, ours.out, HOME in ours.err) == (1, "", False)
    for run in ours, plain:  # under -m, frames of the interpreter's own lead to it
        assert run.err.count("Error: ") == 1
    assert ours.err[ours.err.rindex("  File ") :] == plain.err[plain.err.rindex("  File ") :]
    if words[0] != "-m":
        assert ours.err == plain.err


@pytest.mark.parametrize("words", [("script.py",), ("-m", "script"), ("-m", "package"), ("-",)])
def test_an_error_in_a_program_shows_no_frames_of_ours(tmp_path: Path, words: tuple[str, ...]) -> None:
    source = 'if __name__ == "__main__":\n    def fail(): 1 / 0\n    fail()\n'
    write(tmp_path / "script.py", source)
    write(tmp_path / "package/__main__.py", source)
    ours, plain = run_both(*words, cwd=tmp_path, stdin=source)
    frames = [line for line in plain.err.splitlines(keepends=True) if "<frozen runpy>" not in line]
    assert ours.status == plain.status == 1
    assert ours.err == "".join(frames)


def test_an_error_in_a_parent_package_shows_no_frames_of_ours(tmp_path: Path) -> None:
    write(tmp_path / "package/__init__.py", "1 / 0")
    write(tmp_path / "package/module.py")
    ours, plain = run_both("-m", "package.module", cwd=tmp_path)
    assert ours.status == plain.status == 1
    assert HOME not in ours.err
    assert ours.err.splitlines()[-4:] == plain.err.splitlines()[-4:]
