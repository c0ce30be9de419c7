# shellcheck shell=bash
# Sourced by scripts/bench: runs commands in turn and prints medians and ratios.

# measure COMMAND… prints wall seconds, CPU seconds, resident KiB and exit status.
measure() { dray_bench_measure "$@"; }

# rows TITLE YARDSTICK NAME COMMAND [NAME COMMAND…] runs every command once to warm up, then $runs times in turn, with an
# empty $out before each, and prints a table; ratios are to the row called YARDSTICK.
rows() {
  local title=$1 yardstick=$2 dir run i
  shift 2
  dir=$(mktemp -d "$work/rows.XXXXXX")
  for ((run = 0; run <= runs; run++)); do
    for ((i = 1; i < $#; i += 2)); do
      rm -rf "$out"
      mkdir -p "$out"
      local command=$((i + 1)) result
      result=$(eval "${!command}") || { printf '%s failed: %s\n' "${!i}" "$result" >&2; return 1; }
      [ "$run" = 0 ] || printf '%s\n' "$result" >>"$dir/${!i}"
    done
  done
  printf '\n%s (median of %d)\n' "$title" "$runs"
  printf '  %-24s %10s %10s %10s %12s %12s\n' '' 'wall s' 'CPU s' 'RSS MiB' "wall/$yardstick" "CPU/$yardstick"
  local base_wall base_cpu
  base_wall=$(median 1 "$dir/$yardstick")
  base_cpu=$(median 2 "$dir/$yardstick")
  for ((i = 1; i < $#; i += 2)); do
    awk -v name="${!i}" -v wall="$(median 1 "$dir/${!i}")" -v cpu="$(median 2 "$dir/${!i}")" \
      -v rss="$(median 3 "$dir/${!i}")" -v base_wall="$base_wall" -v base_cpu="$base_cpu" \
      'BEGIN { printf "  %-24s %10.4f %10.4f %10.1f %12.2f %12.2f\n", name, wall, cpu, rss / 1024, wall / base_wall,
               cpu / (base_cpu > 0 ? base_cpu : 1e-9) }'
  done
}

# median FIELD FILE
median() { awk -v f="$1" '{ print $f }' "$2" | sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# start_line HOST:PORT RTT_MS BYTES_PER_SECOND [PROXY OPTION…] puts a line of that kind in front of a server and sets
# `line_address`; 0 bytes a second is as fast as can be.
start_line() {
  start_server "$work/line.log" dray-proxy --listen 127.0.0.1:0 --to "$1" --rtt-ms "$2" --rate-bytes "$3" "${@:4}"
  line_address=$server_address line_pid=$server_pid
}

stop_line() {
  stop_server "${line_pid:-}"
  line_pid=
}
