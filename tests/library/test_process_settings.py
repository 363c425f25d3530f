"""What the program sets of its process holds in workers, too: folder, variables, limits. What tasks set does not."""

import textwrap

from running import RunScoop
from scripts import check

PRELUDE = """
import locale, sys, tempfile, warnings
from contextlib import chdir
from unittest import mock

def everywhere(expected):
    old = os.umask(0o22)
    os.umask(old)
    expected = tuple(expected) + (old,)
    assert here() == expected[:-1], (here(), expected)
    found = elsewhere(asked)
    assert found == expected, (found, expected)

def here():
    return os.getcwd(), os.environ.get("SHADE"), os.environ.get("HOME"), sys.getrecursionlimit(), time.tzname[0]

def asked():
    mask = os.umask(0o22)
    os.umask(mask)
    return (*here(), mask)
"""


def _check(scoop_run: RunScoop, body: str, *options: str) -> None:
    check(scoop_run, 2, PRELUDE + textwrap.dedent(body), *options)


def test_what_the_program_sets_holds_elsewhere_and_what_it_puts_back(scoop_run: RunScoop) -> None:
    body = """
        def main():
            start = here()
            everywhere(start)
            with tempfile.TemporaryDirectory() as folder, chdir(folder):
                os.environ["SHADE"] = "green"
                os.environ["TZ"] = "Asia/Tokyo"
                del os.environ["HOME"]
                time.tzset()
                os.umask(0o27)
                sys.setrecursionlimit(3333)
                everywhere((os.path.realpath(folder), "green", None, 3333, "JST"))
                os.environ["HOME"] = start[2]
                everywhere((os.path.realpath(folder), "green", start[2], 3333, "JST"))
            del os.environ["TZ"], os.environ["SHADE"]
            time.tzset()
            sys.setrecursionlimit(start[3])
            everywhere(start)
            home = os.environ.pop("HOME")
            everywhere((*start[:2], None, *start[3:]))
            os.environ["HOME"] = home
            everywhere(start)
            with mock.patch.dict(os.environ, SHADE="red"):
                everywhere((start[0], "red", *start[2:]))
            everywhere(start)
        """
    _check(scoop_run, body)


def test_what_a_task_sets_at_home_does_not_hold_elsewhere(scoop_run: RunScoop) -> None:
    body = """
        def stray(lock):  # which keeps it at home
            with chdir("/"), mock.patch.dict(os.environ, SHADE="blue"):
                return os.getpid(), asked(), elsewhere(asked)

        def main():
            os.environ["SHADE"] = "green"
            expected = asked()
            pid, home, away = futures.submit(stray, threading.Lock()).result()
            assert pid == os.getpid()
            assert home[:2] == ("/", "blue")
            assert away == expected, (away, expected)
        """
    _check(scoop_run, body, "-q")


def test_a_setting_that_a_worker_cannot_follow_is_told_once(scoop_run: RunScoop) -> None:
    body = """
        if not scoop.IS_ORIGIN:  # as on another host, which may have other folders

            def chdir_there(folder):
                raise FileNotFoundError(2, "No such file or directory", folder)

            os.chdir = chdir_there

        def main():
            texts = []
            warnings.showwarning = lambda message, *_, **__: texts.append(str(message))
            os.mkdir("elsewhere")
            os.chdir("elsewhere")
            for _ in range(3):
                elsewhere(os.getpid)
            until(lambda: texts)
            [text] = texts
            assert "a worker cannot set its current folder to" in text, text
            assert "(SC-59)" in text
        """
    _check(scoop_run, body)


def test_a_folder_that_the_program_has_deleted_is_not_followed(scoop_run: RunScoop) -> None:
    body = """
        def main():
            start = elsewhere(os.getcwd)
            os.environ["SHADE"] = "green"
            folder = tempfile.mkdtemp()
            os.chdir(folder)
            os.rmdir(folder)
            assert elsewhere(os.getcwd) == start
            assert elsewhere(os.environ.get, "SHADE") == "green"
        """
    _check(scoop_run, body)
