# shellcheck shell=bash
# Sourced: registries on free loopback ports, for as long as the script runs.

# start_server LOG COMMAND… runs a server whose log names the port that the kernel chose (`127.0.0.1:PORT`), and sets
# `server_address` and `server_pid`.
start_server() {
  local log=$1 tries
  shift
  : >"$log" # what an earlier server said there names another port
  "$@" >"$log" 2>&1 &
  server_pid=$!
  for ((tries = 0; tries < 200; tries++)); do
    server_address=$(sed -n 's/.*\(127\.0\.0\.1:[1-9][0-9]*\).*/\1/p' "$log" | head -n 1)
    [ -n "$server_address" ] && return 0
    kill -0 "$server_pid" 2>/dev/null || break
    sleep 0.05
  done
  echo "$1 did not start; it wrote:" >&2
  cat "$log" >&2
  return 1
}

# stop_server PID ends it; an empty PID is none.
stop_server() {
  [ -n "$1" ] || return 0
  kill "$1" 2>/dev/null || true # it may have ended by itself
  wait "$1" 2>/dev/null || true # what it says of its end is no failure of the script
}

# start_registry DIR serves DIR/storage with dray and sets `registry` and `registry_pid`.
start_registry() {
  mkdir -p "$1"
  start_server "$1/log" dray serve "$1/storage" --listen 127.0.0.1:0 "${@:2}"
  registry=$server_address registry_pid=$server_pid
}

# start_debian_registry DIR [COMMAND…] does it with Debian's docker-registry, run by COMMAND (`taskset -c 0`).
start_debian_registry() {
  mkdir -p "$1/storage"
  cat >"$1/config.yml" <<CONFIG
version: 0.1
log: {level: info, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: $1/storage}
  delete: {enabled: true}
http: {addr: "127.0.0.1:0"}
CONFIG
  start_server "$1/log" "${@:2}" docker-registry serve "$1/config.yml"
  registry=$server_address registry_pid=$server_pid
}

stop_registry() {
  stop_server "${registry_pid:-}"
  registry_pid=
}
