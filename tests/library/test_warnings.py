"""Warnings of tasks are shown once a run, by the program, whichever workers they come from."""

import textwrap

from running import RunScoop
from scripts import check, program, start

PRELUDE = """
import warnings

class Own(Warning):
    def __init__(self, one, two):
        super().__init__(one)
        self.two = two

class Kept:
    def __init__(self):
        self.warnings = []
        warnings.showwarning = self.show

    def show(self, message, category, filename, lineno, file=None, line=None):
        self.warnings.append((str(message), category, os.path.basename(filename), lineno, message))

    def texts(self):
        return [text for text, *_ in self.warnings]

def old(number):
    time.sleep(0.002)
    warnings.warn("old", DeprecationWarning)
    return os.getpid()

def own():
    warnings.warn(Own("mine", "two"))
"""


def _check(scoop_run: RunScoop, body: str) -> None:
    check(scoop_run, 2, PRELUDE + textwrap.dedent(body))


def test_a_warning_is_shown_once_a_run(scoop_run: RunScoop) -> None:
    body = """
        def main():
            assert len(set(futures.map(old, range(200)))) > 1
            old(1)
        """
    run = start(scoop_run, 2, PRELUDE + textwrap.dedent(body))
    assert run.status == 0, run.err
    [said, line] = run.err.splitlines()
    assert said.endswith("DeprecationWarning: old")
    assert line.strip() == 'warnings.warn("old", DeprecationWarning)'


def test_the_program_gets_the_warning_itself(scoop_run: RunScoop) -> None:
    body = """
        def main():
            kept = Kept()
            elsewhere(own)
            until(lambda: kept.warnings)
            [(text, category, name, line, message)] = kept.warnings
            assert (text, category, name, message.two) == ("mine", Own, "script.py", "two")
        """
    _check(scoop_run, body)


def test_filters_of_the_program_hold_on_workers(scoop_run: RunScoop) -> None:
    body = """
        def main():
            kept = Kept()
            warnings.simplefilter("always")
            for _ in range(3):
                elsewhere(old, 1)
            until(lambda: len(kept.warnings) == 3)
            warnings.simplefilter("ignore")
            elsewhere(old, 1)
            warnings.simplefilter("error")
            assert str(raises(DeprecationWarning, elsewhere, old, 1)) == "old"
            assert kept.texts() == ["old"] * 3
        """
    _check(scoop_run, body)


def test_filters_that_hold_for_a_while_stay_where_they_are(scoop_run: RunScoop) -> None:
    body = """
        def main():
            kept = Kept()
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                elsewhere(old, 1)
            until(lambda: kept.warnings)
        """
    _check(scoop_run, body)


def test_captured_warnings_are_logged_by_the_program(scoop_run: RunScoop) -> None:
    body = """
        import logging

        def main():
            logging.basicConfig(format="logged %(name)s")
            logging.captureWarnings(True)
            elsewhere(own)
        """
    assert start(scoop_run, 2, PRELUDE + textwrap.dedent(body)).err == "logged py.warnings\n"


def test_a_warning_while_workers_import_is_shown_once(scoop_run: RunScoop) -> None:
    source = """
        import warnings
        warnings.warn("at the top")

        def main():
            open_gate()
            futures.wait([futures.submit(is_open) for _ in range(4)])

        if __name__ == "__main__":
            main()
        """
    run = scoop_run(program(source), n=4)
    assert run.err.count("UserWarning: at the top") == 1, run.err


def test_errors_of_the_command_line_fail_tasks(scoop_run: RunScoop) -> None:
    body = """
        def main():
            raises(DeprecationWarning, elsewhere, old, 1)
        """
    run = scoop_run(
        program(PRELUDE + textwrap.dedent(body)) + "\n\nif __name__ == '__main__':\n    main()\n",
        n=2,
        env={"PYTHONWARNINGS": "error"},
    )
    assert (run.status, run.err) == (0, "")


def test_a_task_that_records_warnings_has_them_itself(scoop_run: RunScoop) -> None:
    body = """
        def records():
            with warnings.catch_warnings(record=True) as found:
                warnings.simplefilter("always")
                old(1)
            return [str(each.message) for each in found]

        def main():
            kept = Kept()
            assert elsewhere(records) == ["old"]
            elsewhere(own)
            until(lambda: kept.warnings)
            assert kept.texts() == ["mine"]
        """
    _check(scoop_run, body)
