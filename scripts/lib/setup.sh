# shellcheck shell=bash
# Sourced by the scripts beside this folder: finds what is missing on a Debian machine and installs it.

project_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

die() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  exit 1
}

# packages_of GROUP... prints the packages of the groups, one a line.
packages_of() {
  local group
  for group in "$@"; do
    awk -v group="$group" '$1 == group { for (i = 2; i <= NF; i++) print $i }' "$project_root/scripts/packages"
  done | sort -u
}

# missing_packages GROUP... prints those that are not installed.
missing_packages() {
  local package
  for package in $(packages_of "$@"); do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done
}

# set_up GROUP... installs the packages of the groups; when all are there it asks for nothing.
set_up() {
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    die "this script installs what it needs with Debian's apt, which is not here;
the packages it would install are listed in scripts/packages"
  fi
  local missing install
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  # shellcheck disable=SC2086  # a list of names
  set -- $missing
  install=("$project_root/scripts/lib/install-packages" "$@")
  echo "installing from Debian: $*"
  if [ "$(id -u)" = 0 ]; then
    "${install[@]}"
  elif command -v sudo >/dev/null; then
    sudo "${install[@]}"
  else
    die "packages are missing, and installing them needs root or sudo
run as root, from this folder, and then try again:
  scripts/lib/install-packages $*"
  fi || die "apt could not install: $*"
}
