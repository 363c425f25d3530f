"""Constants can be read during the import, deleted, and set anew."""

from running import Run, RunScoop
from scripts import program


def test_constants_can_be_read_while_the_script_is_imported(scoop_run: RunScoop) -> None:
    source = """
    missing = shared.getConst("missing", timeout=0, default="none")
    if __name__ != "__main__":
        table = shared.getConst("table", timeout=60)

    def look():
        return missing, table

    if __name__ == "__main__":
        shared.setConst(table=[1, 2])
        print(missing, send(look).result())
    """
    assert scoop_run(program(source)) == Run(0, "none ('none', [1, 2])\n", "")


def test_constants_can_be_deleted_and_set_anew(scoop_run: RunScoop) -> None:
    source = """
    def look():
        return shared.getConst("table", timeout=0)

    def delete():
        shared.delConst("table", "never set")

    if __name__ == "__main__":
        for by in (shared.delConst, None):
            shared.setConst(table="old")
            old = look(), send(look).result()
            by("table") if by else send(delete).result()
            until(lambda: look() is None)
            gone = look(), send(look).result()
            shared.setConst(table="new")
            print(old, gone, look(), send(look).result())
            shared.delConst("table")
    """
    line = "('old', 'old') (None, None) new new\n"
    assert scoop_run(program(source)) == Run(0, line * 2, "")
