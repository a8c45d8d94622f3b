#!/usr/bin/env bash
# A tour of VPP's binary API with vppapi: of the VPP at VPP_API_SOCKET or, where
# that is not set, of a simulated one. What the tour makes it takes away again.
#
#   hack/demo.sh           stays after the tour, for you to try things
#   hack/demo.sh --once    does not
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PWD/bin:$PATH

work=$(mktemp -d)
simulator='' watcher='' sw_if_index='' route=''

cleanup() {
  trap '' INT TERM # once is enough
  if [[ -n $watcher ]]; then kill "$watcher" 2>/dev/null || true; fi
  if [[ -n $simulator ]]; then
    kill "$simulator" 2>/dev/null || true # and all it holds with it
  else
    if [[ -n $route ]]; then vppapi call ip_route_add_del_v2 "${route/\"is_add\":true/\"is_add\":false}" >/dev/null || true; fi
    if [[ -n $sw_if_index ]]; then vppapi call delete_loopback "{\"sw_if_index\":$sw_if_index}" >/dev/null || true; fi
  fi
  wait
  rm -rf "$work"
}
trap cleanup EXIT
trap 'echo; exit 0' INT TERM

say() { printf '\n\033[1m# %s\033[0m\n' "$*"; }

# show prints a vppapi command as one would type it.
show() {
  local arg line='$ vppapi'
  for arg; do
    if [[ $arg == *[!a-zA-Z0-9_=./-]* ]]; then line+=" '$arg'"; else line+=" $arg"; fi
  done
  printf '\033[32m%s\033[0m\n' "$line"
}

run() {
  show "$@"
  vppapi "$@"
}
