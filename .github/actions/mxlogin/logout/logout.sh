#!/usr/bin/env bash
# Ends the session of the job and removes its config file. A session that cannot be ended
# stays in the file, and the step fails with the exit code of mxlogin.
set -euo pipefail

# Not by MXLOGIN_CONFIG, which a workflow may have set to a file of its own.
config=$RUNNER_TEMP/mxlogin/config.yaml
code=4 # there is no session
if [ -e "$config" ]; then
  code=0
  mxlogin access-token job --config "$config" >/dev/null 2>&1 || code=$?
fi
if [ "$code" = 4 ]; then
  echo "::notice::mxlogin: there is no session to log out"
else
  mxlogin logout job --config "$config"
fi
rm -f "$config"
