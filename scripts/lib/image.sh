# shellcheck shell=bash
# Sourced: the parts of a small real image, made of Debian's busybox-static.

# fetch_package PACKAGE ARCHITECTURE DIR downloads a package of any architecture and prints its path. apt works in
# folders of its own below DIR with the machine's sources and keys, so the machine's lists and architectures stay as
# they are, and neither root nor `dpkg --add-architecture` is needed.
fetch_package() {
  local package=$1 arch=$2 dir=$3 apt
  apt=$dir/apt-$arch
  mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$apt/download"
  : >"$apt/status"
  local options=(
    -qq
    -o Dir::State="$apt/state" -o Dir::State::status="$apt/status" -o Dir::Cache="$apt/cache"
    -o APT::Architecture="$arch" -o APT::Architectures="$arch" -o APT::Sandbox::User=
    -o Acquire::Languages=none -o APT::Update::Post-Invoke-Success::=
  )
  # Only a download that fails counts: a source for another architecture or purpose may be out of reach.
  apt-get "${options[@]}" update >"$apt/log" 2>&1
  if ! (cd "$apt/download" && apt-get "${options[@]}" download "$package:$arch") >>"$apt/log" 2>&1; then
    echo "apt could not download $package for $arch:" >&2
    cat "$apt/log" >&2
    return 1
  fi
  ls "$apt/download/${package}"_*_"$arch".deb
}

# make_tar ROOT TAR DATE archives a folder with nothing of this machine in it: the same input gives the same bytes.
make_tar() {
  chmod -R u=rwX,go=rX "$1" &&
    tar --create --file "$2" --directory "$1" --format=gnu --sort=name --mtime="$3" --owner=0 --group=0 \
      --numeric-owner .
}

# make_program_layer PACKAGE_FILE TAR archives busybox and some of the names it answers to, dated as in the package.
make_program_layer() {
  local root=$2.root name program=bin/busybox licence=usr/share/doc/busybox-static/copyright
  rm -rf "$root" "$root.package"
  mkdir -p "$root/${program%/*}" "$root/${licence%/*}"
  dpkg-deb --extract "$1" "$root.package" &&
    cp --preserve=timestamps "$root.package/$program" "$root/$program" &&
    cp "$root.package/$licence" "$root/$licence" || return
  for name in cat echo env id ls sh uname vi wget; do ln -s busybox "$root/bin/$name"; done
  make_tar "$root" "$2" "$(stat --format=@%Y "$root/$program")"
}

# make_files_layer TAR archives files that are the same on every architecture.
make_files_layer() {
  local root=$1.root
  rm -rf "$root"
  mkdir -p "$root/etc" "$root/root"
  echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
  echo 'root:x:0:' >"$root/etc/group"
  echo 'Brought here by dray.' >"$root/etc/motd"
  make_tar "$root" "$1" '2023-06-10 00:00Z' # the day of Debian 12
}
