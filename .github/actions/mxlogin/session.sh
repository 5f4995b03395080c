#!/usr/bin/env bash
# Runs with the session in its environment: masks the token before anything can print it,
# then runs the script in INPUT_RUN, or hands the session to the steps that follow.
set -euo pipefail

# A server chose these. A line break would begin another output, or a command to the runner.
has_control() {
  local LC_ALL=C
  [[ $1 == *[[:cntrl:]]* ]]
}
for name in MATRIX_ACCESS_TOKEN MATRIX_USER_ID MATRIX_DEVICE_ID MATRIX_HOMESERVER; do
  if has_control "${!name-}"; then
    echo "::error::mxlogin: $name has a control character"
    exit 7
  fi
done

echo "::add-mask::${MATRIX_ACCESS_TOKEN//\%/%25}"

if [ -n "$INPUT_RUN" ]; then
  run=$INPUT_RUN
  unset INPUT_USER INPUT_HOMESERVER INPUT_DEVICE_ID INPUT_RUN
  exec bash -eo pipefail -c "$run"
fi
cat >>"$GITHUB_OUTPUT" <<END
access-token=$MATRIX_ACCESS_TOKEN
user-id=$MATRIX_USER_ID
device-id=${MATRIX_DEVICE_ID-}
homeserver=$MATRIX_HOMESERVER
END
