"""Runs golden scripts against another MySQL server and prints where it disagrees: how expectations are checked.

usage: python -m tests.golden.second_opinion [--fill] HOST:PORT [user [password]] [script …]
`--fill` writes the other server's answers into blocks whose expectation is a single `?`, to be read before they are kept.
Blocks tagged [mysql] are known to differ from MariaDB (they hold MySQL 8's answers) and are not reported.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.golden.runner import Target, agrees, run_script
from tests.golden.script import read_script, rewrite


def main() -> int:
    """Prints the differences; the exit status is 1 when there are any."""
    words = sys.argv[1:]
    fill = "--fill" in words
    address, *rest = [word for word in words if word != "--fill"]
    names = [word for word in rest if not word.endswith(".test")]
    host, _, port = address.partition(":")
    target = Target(host, int(port), *names)
    here = Path(__file__).parent
    paths = [Path(word) for word in rest if word.endswith(".test")] or sorted(here.rglob("*.test"))
    differing = 0
    for path in paths:
        blocks = read_script(path)
        run_script(target, blocks, "golden_" + path.stem.replace("-", "_"))
        if fill:
            for block in blocks:
                if block.expected is not None and block.expected != ["?"]:
                    block.actual = block.expected
            rewrite(path, blocks)
            continue
        for block in blocks:
            if "mysql" in block.tags or block.starts:
                continue
            if block.expected is None:
                wrong = bool(block.actual) and block.actual[0].startswith("ERROR")
            else:
                wrong = not agrees(block, block.actual)
            if wrong:
                differing += 1
                print(
                    f"{path.name}:{block.line}: {block.statement}\n  ours   {block.expected}\n  theirs {block.actual}"
                )
    print(f"{differing} differences")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
