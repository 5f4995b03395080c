"""Presses the tab key after "mxlogin whoa" in each shell, which knows nothing of mxlogin
but what its package has installed."""
import os
import pty
import select
import sys
import time

SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], ". /usr/share/bash-completion/bash_completion"),
    "zsh": (["zsh", "-f", "-i"], "autoload -Uz compinit && compinit -u -D"),
    "fish": (["fish", "-i"], "true"),
}


def completes(arguments, load):
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "dumb"
        os.execvp(arguments[0], arguments)
    try:
        return types(terminal, load + "; echo loa''ded\n", "loaded") and types(terminal, "mxlogin whoa\t", "mi ")
    finally:
        os.close(terminal)
        os.waitpid(pid, 0)


def types(terminal, keys, awaited):
    os.write(terminal, keys.encode())
    seen, deadline = "", time.monotonic() + 20
    while awaited not in seen:
        if not select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0]:
            print(f"waited for {awaited!r}, saw {seen!r}", file=sys.stderr)
            return False
        seen += os.read(terminal, 4096).decode(errors="replace")
    return True


failed = [shell for shell, how in SHELLS.items() if not completes(*how)]
if failed:
    sys.exit("no completion in " + ", ".join(failed))
print("completion works in " + ", ".join(SHELLS))
