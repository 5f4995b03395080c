#!/bin/sh
# The login as shell scripts do it: the access token by curl and jq.
#
#   MXLOGIN_PASSWORD=… sh curl.sh URL USER
set -eu
jq -nc --arg user "$2" '{type: "m.login.password", identifier: {type: "m.id.user", user: $user}, password: env.MXLOGIN_PASSWORD}' |
  curl -sS --fail-with-body --json @- "$1/_matrix/client/v3/login" |
  jq -er .access_token
