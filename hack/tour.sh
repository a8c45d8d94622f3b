#!/usr/bin/env bash
# A tour of VPP's binary API with vppapi: of the VPP at VPP_API_SOCKET or, where
# that is not set, of a simulated one. What the tour makes it takes away again.
#
#   hack/tour.sh           stays after the tour, for you to try things
#   hack/tour.sh --once    does not
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PWD/bin:$PATH

case ${1-} in
'') once='' ;;
--once) once=yes ;;
*) echo "usage: hack/tour.sh [--once]" >&2; exit 2 ;;
esac

bold='' green='' plain=''
if [[ -t 1 ]]; then bold=$'\e[1m' green=$'\e[32m' plain=$'\e[0m'; fi

say() { printf '\n%s# %s%s\n' "$bold" "$1" "$plain"; }
show() { printf '%s$ %s%s\n' "$green" "$1" "$plain"; }
run() {
  show "$1"
  eval "$1"
}

work=$(mktemp -d)
pids=() # what runs in the background
undo=() # commands that take away what was made, last first

cleanup() {
  trap '' INT TERM
  for command in "${undo[@]}"; do eval "$command" >/dev/null || true; done
  if ((${#pids[@]})); then
    kill "${pids[@]}" 2>/dev/null || true
    wait "${pids[@]}" || true
  fi
  rm -rf "$work"
}
trap cleanup EXIT
trap 'echo; exit 0' INT TERM

if [[ -z ${VPP_API_SOCKET-} ]]; then
  export VPP_API_SOCKET=$work/api.sock
  show "vpp-operator simulate --socket $VPP_API_SOCKET &"
  # In a session of its own: Ctrl-C is for us, who still need it to clean up.
  exec {log}< <(exec setsid vpp-operator simulate --socket "$VPP_API_SOCKET" 2>&1)
  pids+=($!)
  read -r line <&"$log" || true # its first line tells that it serves, or why not
  if [[ $line != *serving* ]]; then
    echo "$line" >&2
    exit 1
  fi
fi

say "Is it there, and what is it?"
run "vppapi ping -n 3 --interval 100ms"
run "vppapi call show_version"

say "VPP itself tells what it understands"
run "vppapi messages loopback"
run "vppapi describe create_loopback"

say "Make an interface and switch it on, with someone watching"
show "vppapi watch sw_interface_event &"
vppapi watch sw_interface_event >"$work/events" &
watcher=$!
pids+=("$watcher")
run "vppapi call create_loopback" | tee "$work/created"
[[ $(<"$work/created") =~ \"sw_if_index\":([0-9]+) ]]
loop=${BASH_REMATCH[1]}
undo=("vppapi call delete_loopback '{\"sw_if_index\":$loop}'" "${undo[@]}")

up="vppapi call sw_interface_set_flags '{\"sw_if_index\":$loop,\"flags\":[\"IF_STATUS_API_FLAG_ADMIN_UP\"]}'"
down="vppapi call sw_interface_set_flags '{\"sw_if_index\":$loop}'"
run "$up"
# The watcher may have been late: again, until it has seen it.
until seen=$(grep --max-count=1 "\"sw_if_index\":$loop,.*ADMIN_UP" "$work/events"); do
  kill -0 "$watcher"
  eval "$down && $up" >/dev/null
done
printf '%s\n' "$seen"

say "What is there now?"
run "vppapi call sw_interface_dump -o text | grep -E '^  (sw_if_index|interface_name|flags|link_mtu):'"

say "A route through it"
run "vppapi call sw_interface_add_del_address '{\"is_add\":true,\"sw_if_index\":$loop,\"prefix\":\"192.0.2.1/24\"}'"
route="\"route\":{\"prefix\":\"198.51.100.0/24\",\"paths\":[{\"sw_if_index\":$loop,\"nh\":{\"address\":{\"ip4\":\"192.0.2.2\"}}}]}"
undo=("vppapi call ip_route_add_del_v2 '{\"is_add\":false,$route}'" "${undo[@]}")
run "vppapi call ip_route_add_del_v2 '{$route}'"
run "vppapi call ip_route_v2_dump -o text | grep -A 14 'prefix: 198.51.100.0/24'"

say "What VPP refuses has a name"
run "vppapi call delete_loopback '{\"sw_if_index\":4242}' || echo \"exit code \$?\""

if [[ -n $once ]]; then exit; fi

say "Now you. In another shell:"
cat <<EOF
export PATH=$PWD/bin:\$PATH VPP_API_SOCKET=$VPP_API_SOCKET

vppapi messages ip_                     # what else is there
vppapi describe ip_route_add_del_v2     # how it is called
vppapi call create_loopback_instance '{"is_specified":true,"user_instance":7}'
vppapi call ip_address_dump '{"sw_if_index":$loop}' -o yaml
vppapi call cli_inband '{"cmd":"show version"}'
vppapi --help
EOF

say "Interface events appear here, until Ctrl-C"
vppapi watch sw_interface_event
