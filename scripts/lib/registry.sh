# shellcheck shell=bash
# Sourced: Debian's registry on a free loopback port, for as long as the script runs.

# start_registry DIR starts it with its storage, settings and log in DIR, and sets `registry` to its host:port and
# `registry_pid` to its process; stop_registry ends it.
start_registry() {
  local dir=$1 tries
  mkdir -p "$dir/storage"
  cat >"$dir/config.yml" <<CONFIG
version: 0.1
log: {level: info}
storage:
  filesystem: {rootdirectory: $dir/storage}
  delete: {enabled: true}
http: {addr: "127.0.0.1:0"}
CONFIG
  docker-registry serve "$dir/config.yml" >"$dir/log" 2>&1 &
  registry_pid=$!
  for ((tries = 0; tries < 100; tries++)); do
    # The kernel chose the port; the log names it.
    registry=$(sed -n 's/.*listening on \(127\.0\.0\.1:[0-9]*\).*/\1/p' "$dir/log" | head -n 1)
    [ -n "$registry" ] && return 0
    kill -0 "$registry_pid" 2>/dev/null || break
    sleep 0.1
  done
  echo "docker-registry did not start; its log:" >&2
  cat "$dir/log" >&2
  return 1
}

stop_registry() {
  [ -n "${registry_pid:-}" ] || return 0
  kill "$registry_pid" 2>/dev/null || true
  wait "$registry_pid" 2>/dev/null || true # what it says of its end is no failure of the script
  registry_pid=
}
