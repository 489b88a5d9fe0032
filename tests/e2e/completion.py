#!/usr/bin/env python3
"""Checks the words that the shells themselves offer when the scripts of `holdfast completion` are loaded.

  tests/e2e/completion.py              in bash, zsh and fish
  tests/e2e/completion.py --only TEXT  those whose name contains TEXT

Ends with `N passed, N failed`, exit code 1 if any failed.
"""
import os
import subprocess
import sys

import scenes

check = scenes.Checks()
# What is on the line, and the words that are offered for the last one.
OFFERED = {
    "help --format ": {"text", "man", "markdown", "query", "counters"},
    "help query --format ": {"text", "man", "markdown", "query", "counters"},
    "export 1 --as h": {"heap-text", "heapsnapshot", "hprof"},
    "1 --color ": {"auto", "always", "never"},
    "types 1 --sort re": {"retained"},
    "goroutines 1 --columns goi": {"goid"},
    "help type-": {"type-reasons", "type-conflicts", "type-comparison"},
    "completion ": {"bash", "zsh", "fish"},
    "1 --rul": {"--rules"},
    "type-": {"type-reasons", "type-conflicts", "type-comparison"},
}


class Scene(scenes.Scene):
    def shell(self, *command):
        """Runs a command whose PATH begins with a folder that has this holdfast."""
        link = self.folder / "holdfast"
        if not link.exists():
            link.symlink_to(self.binary)
        env = os.environ | {"PATH": f"{self.folder}:{os.environ['PATH']}", "HOME": str(self.folder)}
        return subprocess.run(command, cwd=self.folder, env=env, timeout=scenes.SECONDS, capture_output=True, text=True).stdout

    def expect_offers(self, offered):
        for line, words in OFFERED.items():
            self.expect(f"holdfast {line}", words, set(offered(line)))


@check
def bash_offers_what_the_verb_takes(scene):
    script = ('source <(holdfast completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _holdfast; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    scene.expect_offers(lambda line: scene.shell("bash", "-c", script, "bash", "holdfast", *line.split(" ")).split())


@check
def fish_offers_what_the_verb_takes(scene):
    script = "holdfast completion fish | source; complete -C $argv[1]"

    def offered(line):
        return [row.split("\t")[0] for row in scene.shell("fish", "-c", script, f"holdfast {line}").splitlines()]

    scene.expect_offers(offered)


@check
def zsh_offers_what_the_verb_takes(scene):
    """Without its line editor: what zsh itself does there for scripts of bash is `compgen -F`, and then it takes the words that
    begin as the last one does."""
    script = ('autoload -U compinit && compinit -u -D; source <(holdfast completion zsh); emulate sh; setopt kshglob noshglob ksharrays; '
              'COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) words=("$@") CURRENT=$#; compgen -F _holdfast -- "${COMP_WORDS[COMP_CWORD]}"')

    def offered(line):
        words = line.split(" ")
        all_words = scene.shell("zsh", "-f", "-c", script, "zsh", "holdfast", *words).split()
        return [word for word in all_words if word.startswith(words[-1])]

    scene.expect_offers(offered)


def main():
    arguments = scenes.parse(__doc__)
    return scenes.run(check, arguments, lambda folder: Scene(arguments, folder))


if __name__ == "__main__":
    sys.exit(main())
