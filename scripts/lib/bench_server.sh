# shellcheck shell=bash
# Sourced by scripts/bench: the server beside Debian's docker-registry and nginx with plain files. The server has one
# core to itself, the load generator another.

server_core="taskset -c 0"
load_core="taskset -c 1"

# CPU seconds that a process has used so far.
cpu_of() { awk -v tick="$(getconf CLK_TCK)" '{ print ($14 + $15) / tick }' "/proc/$1/stat"; }
# Resident MiB of a process and its children.
resident_of() {
  local pid total=0
  for pid in "$1" $(pgrep -P "$1"); do
    total=$((total + $(awk '/^VmRSS:/ { print $2 }' "/proc/$pid/status")))
  done
  awk -v kib="$total" 'BEGIN { printf "%.1f", kib / 1024 }'
}

# What the servers serve: an image of 100 KB, a blob of 4 KiB, a blob of 320 MB and a repository of 10,000 tags, in a
# folder that each of them gets a copy of; and a layout of 640 MB to push.
make_server_content() {
  local i tags
  head -c 4096 /dev/urandom >"$work/small"
  for i in tiny:100000 one:320000000 two:320000000; do
    head -c "${i#*:}" /dev/urandom >"$work/content"
    tar --create --file "$work/${i%:*}.tar" --directory "$work" content
  done
  dray append "oci:$work/push:1" "$work/one.tar" "$work/two.tar" --compress none --platform linux/amd64
  start_registry "$work/served"
  dray append "$registry/bench/small:1" "$work/tiny.tar" --compress none --platform linux/amd64
  dray append "$registry/bench/big:1" "$work/one.tar" --compress none --platform linux/amd64
  dray copy "$registry/bench/small:1" "$registry/bench/tags:1" --progress none
  mapfile -t tags < <(seq -f 't%05g' 1 9999)
  dray tag "$registry/bench/tags:1" "${tags[@]}" >/dev/null
  small_blob=$(dray blob put "$registry/bench/small" "$work/small" --jq .digest)
  small_manifest=$(dray digest "$registry/bench/small:1")
  big_blob=$(dray layers "$registry/bench/big:1" --jq '.layers[0].digest')
  stop_registry
  rm -f "$work"/*.tar "$work/content"
  for i in debian dray; do
    mkdir -p "$work/$i"
    cp -r "$work/served/storage" "$work/$i/storage"
  done
}

accept='Accept: application/vnd.oci.image.manifest.v1+json'

# wrk_rate URL [CONNECTIONS] prints requests a second.
wrk_rate() {
  $load_core wrk -t1 -c"${2:-16}" -d"${BENCH_SECONDS:-5}s" -H "$accept" "$1" |
    awk '/^Requests\/sec/ { print $2 } /Non-2xx/ { print "errors" }' | paste -sd ' '
}

# The same for HEAD, whose answers wrk does not understand.
head_rate() {
  $load_core ab -i -k -q -c 16 -t "${BENCH_SECONDS:-5}" -n 10000000 -H "$accept" "$1" |
    awk '/^Requests per second/ { print $4 } /^Non-2xx/ { print "errors" }' | paste -sd ' '
}

# serve_with SERVER DIR starts one of dray, debian, nginx on its core, with a copy of the content.
serve_with() {
  case $1 in
  dray) start_server "$2/log" $server_core dray serve "$2/storage" --listen 127.0.0.1:0 ;;
  debian) start_debian_registry "$2" $server_core && server_address=$registry server_pid=$registry_pid ;;
  nginx) start_nginx "$2" ;;
  esac
}

# nginx on a port of its own choice has to be given one: the kernel's, held until nginx takes it.
start_nginx() {
  local port
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
  cat >"$1/nginx.conf" <<CONFIG
worker_processes 1; pid $1/nginx.pid; error_log $1/nginx.log; daemon off; user root;
events { worker_connections 1024; }
http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; root $1/files;
  server { listen 127.0.0.1:$port; } }
CONFIG
  $server_core nginx -c "$1/nginx.conf" &
  server_pid=$! server_address=127.0.0.1:$port
  local tries
  for ((tries = 0; tries < 100; tries++)); do
    curl -s -o /dev/null "http://$server_address/" && return 0
    sleep 0.05
  done
  return 1
}

# The same with its children: nginx's worker is one.
cpu_with_children() {
  local pid sum=0
  for pid in "$1" $(pgrep -P "$1"); do sum=$(awk -v a="$sum" -v b="$(cpu_of "$pid")" 'BEGIN { print a + b }'); done
  echo "$sum"
}

# large_blob URL prints CPU seconds of the server for each GB that it sends, and GB a second.
large_blob() {
  local before after started ended i bytes
  before=$(cpu_with_children "$server_pid")
  started=$(date +%s.%N)
  bytes=0
  for ((i = 0; i < 6; i++)); do
    bytes=$((bytes + $($load_core curl -s -o /dev/null -w '%{size_download}' "$1")))
  done
  ended=$(date +%s.%N)
  after=$(cpu_with_children "$server_pid")
  awk -v c="$before" -v d="$after" -v s="$started" -v e="$ended" -v b="$bytes" \
    'BEGIN { printf "%.3f CPU s/GB, %.2f GB/s", (d - c) * 1e9 / b, b / 1e9 / (e - s) }'
}

# push_large prints wall seconds of a push of 640 MB in two layers and the server's CPU seconds for each GB.
push_large() {
  local before after started ended
  before=$(cpu_of "$server_pid")
  started=$(date +%s.%N)
  $load_core dray push "oci:$1:1" "$server_address/bench/push:1" --progress none >/dev/null
  ended=$(date +%s.%N)
  after=$(cpu_of "$server_pid")
  awk -v c="$before" -v d="$after" -v s="$started" -v e="$ended" \
    'BEGIN { printf "%.2f s, %.2f server CPU s/GB", e - s, (d - c) / 0.64 }'
}

row() { printf '  %-34s %s\n' "$1" "$2"; }

bench_registry() { # SERVER DIR
  local url idle
  serve_with "$1" "$2"
  url=http://$server_address/v2/bench
  idle=$(resident_of "$server_pid")
  printf '\n%s, one core\n' "$1"
  row "manifest GET by tag, req/s" "$(wrk_rate "$url/small/manifests/1")"
  row "manifest GET by digest, req/s" "$(wrk_rate "$url/small/manifests/$small_manifest")"
  row "manifest HEAD by tag, req/s" "$(head_rate "$url/small/manifests/1")"
  row "blob of 4 KiB, req/s" "$(wrk_rate "$url/small/blobs/$small_blob")"
  row "tags n=100 of 10,000, pages/s" "$(wrk_rate "$url/tags/tags/list?n=100&last=t05000")"
  row "manifest GET, 256 connections, req/s" "$(wrk_rate "$url/small/manifests/1" 256)"
  row "resident, idle / after 256, MiB" "$idle / $(resident_of "$server_pid")"
  row "blob of 320 MB" "$(large_blob "$url/big/blobs/$big_blob")"
  row "push of 640 MB" "$(push_large "$work/push")"
  stop_server "$server_pid"
}

bench_nginx() {
  mkdir -p "$1/files"
  cp "$work/small" "$1/files/small"
  ln "$2/storage/docker/registry/v2/blobs/sha256/${big_blob:7:2}/${big_blob:7}/data" "$1/files/big"
  chmod -R a+rX "$1"
  start_nginx "$1"
  printf '\nnginx, plain files, one core\n'
  row "file of 4 KiB, req/s" "$(wrk_rate "http://$server_address/small")"
  row "file of 320 MB" "$(large_blob "http://$server_address/big")"
  stop_server "$server_pid"
}

# Ten thousand connections that say nothing or little, and good requests meanwhile.
bench_flood() {
  start_server "$1/log" dray serve "$1/storage" --listen 127.0.0.1:0
  printf '\n10,000 idle and dripping connections for 30 s\n'
  row "good requests meanwhile" "$(dray_bench_flood 127.0.0.1 "${server_address##*:}" 10000 30)"
  row "resident, MiB" "$(resident_of "$server_pid")"
  stop_server "$server_pid"
}

bench_servers() {
  make_server_content
  bench_registry debian "$work/debian"
  bench_registry dray "$work/dray"
  bench_nginx "$work/nginx" "$work/dray"
  bench_flood "$work/dray"
}
