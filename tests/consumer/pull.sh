#!/bin/bash
# pull.sh TWIN CONSUMER: runs the consumer against a registry on this machine; fails unless the image comes to disk.
set -euo pipefail

work=$(mktemp -d)
coproc TWIN { exec "$1"; }
trap 'kill "$TWIN_PID"; rm -rf "$work"' EXIT
read -r origin <&"${TWIN[0]}"

"$2" "${origin#http://}/hello:latest" "oci:$work/hello:latest"
digest=$(sed 's/.*"sha256:\([0-9a-f]*\)".*/\1/' "$work/hello/index.json")
echo "$digest  $work/hello/blobs/sha256/$digest" | sha256sum --check --quiet
echo "pulled and checked"
