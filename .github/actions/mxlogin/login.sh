#!/usr/bin/env bash
# Logs in: for the script in INPUT_RUN, whose end is the end of the session, or for the
# steps that follow. Its exit code is that of mxlogin.
set -euo pipefail
here=$(dirname "$0")

# The runner reads stdout and stderr apart, and takes lines of stderr first: of one stream
# it cannot see the token before the mask.
exec 2>&1
# Git Bash would take a script that begins with a slash for a path.
export MSYS2_ENV_CONV_EXCL=INPUT_RUN

case $INPUT_USER in
  '' | -*)
    echo "::error::mxlogin: the input user is not a user ID, such as @bot:example.org"
    exit 2
    ;;
esac
set --
[ -z "$INPUT_HOMESERVER" ] || set -- "$@" --homeserver "$INPUT_HOMESERVER"
[ -z "$INPUT_DEVICE_ID" ] || set -- "$@" --device-id "$INPUT_DEVICE_ID"

if [ -n "$INPUT_RUN" ]; then
  exec mxlogin exec --ephemeral "$INPUT_USER" "$@" -- bash "$here/session.sh"
fi

export MXLOGIN_CONFIG=$RUNNER_TEMP/mxlogin/config.yaml
echo "MXLOGIN_CONFIG=$MXLOGIN_CONFIG" >>"$GITHUB_ENV"
# The name keeps a job from a second session, which mxlogin api and logout would not mean.
mxlogin password --account job --quiet "$@" -- "$INPUT_USER"
mxlogin exec job -- bash "$here/session.sh" || {
  code=$?
  mxlogin logout job || true # it says why
  exit "$code"
}
