"""Compiles the modules that `sqlnode/base/compilation.py` names, where a C compiler is at hand; without one the same
modules run from their sources. SQLNODE_PURE=1 leaves it out."""

from __future__ import annotations

import importlib.util
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).resolve().parent
LENIENT = [
    "--config-file=pyproject.toml",
    f"--cache-dir={os.devnull}",
    "--follow-imports=silent",
    "--ignore-missing-imports",
    "--no-warn-unused-ignores",
    "--no-warn-return-any",
    "--allow-any-generics",
    "--allow-subclassing-any",
    "--allow-untyped-decorators",
]
"""The types of other packages are not at hand where the build runs, so that some of what `mypy --strict` accepts looks
wrong there."""


def load_compilation():
    """`sqlnode.base.compilation`, without importing the package."""
    spec = importlib.util.spec_from_file_location("compilation", ROOT / "sqlnode/base/compilation.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def extensions() -> list[Extension]:
    """C sources made by mypyc; none when that fails."""
    compilation = load_compilation()
    if os.environ.get(compilation.PURE_VARIABLE, "") not in ("", "0"):
        return []
    try:
        from mypyc.build import mypycify
    except ImportError:
        return []
    os.chdir(ROOT)
    try:
        found = mypycify(
            [*LENIENT, *[str(path.relative_to(ROOT)) for path in compilation.sources(ROOT)]],
            opt_level="2",
            debug_level="0",
            multi_file=True,
            group_name=compilation.group_name(ROOT),
        )
    except (Exception, SystemExit) as error:
        # mypyc exits after it has told what it does not like, and may not know this Python: no reason not to install.
        print(f"sqlnode: not compiled, runs from its sources ({error})", file=sys.stderr)
        return []
    for extension in found:
        # Warnings are another compiler's opinion of generated code.
        extension.extra_compile_args = [flag for flag in extension.extra_compile_args if flag != "-Werror"]
        if sys.platform != "win32":
            # Calls between the modules go straight, without the linker's table.
            extension.extra_compile_args += ["-fvisibility=hidden", "-fno-semantic-interposition"]
    return found


class ParallelBuild(build_ext):
    """Compiles on all cores; a machine without a compiler gets the sources."""

    def run(self) -> None:
        """Throws away what an earlier build left beside the sources, when it builds there, then builds."""
        beside = self.inplace or getattr(self, "editable_mode", False)
        for package in (*load_compilation().PACKAGES, ".") if beside else ():
            pattern = "sqlnode_*__mypyc*" if package == "." else "**/*"
            for suffix in (".so", ".pyd"):
                for path in (ROOT / package).glob(pattern + suffix):
                    path.unlink()
        try:
            super().run()
        except Exception as error:
            print(f"sqlnode: not compiled, runs from its sources ({error})", file=sys.stderr)
            self.extensions = []

    def build_extensions(self) -> None:
        """One thread a core runs the compiler over the sources of an extension."""
        compile_one = self.compiler.compile

        def compile_all(source_files, **options):
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                made = pool.map(lambda source: compile_one([source], **options), source_files)
                return [item for found in made for item in found]

        self.compiler.compile = compile_all
        super().build_extensions()


BUILDING = {"build", "build_ext", "editable_wheel", "bdist_wheel", "develop", "install"}
"""The commands that need the C sources; pip runs others before them."""

setup(ext_modules=extensions() if BUILDING & set(sys.argv) else [], cmdclass={"build_ext": ParallelBuild})
