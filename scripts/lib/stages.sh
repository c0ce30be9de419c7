# shellcheck shell=bash
# Sourced: runs the parts of a script one after another and remembers how long each took.

stage_names=()
stage_seconds=()

# stage NAME COMMAND... runs the command in a subshell under `set -e`; when it fails, the script ends with a sentence and
# the command's status.
stage() {
  local name=$1 started=$SECONDS status
  shift
  printf '\n== %s\n' "$name"
  # A subshell that is not part of a condition: inside one, `set -e` would be ignored.
  set +e
  (
    set -e
    "$@"
  )
  status=$?
  set -e
  stage_names+=("$name")
  stage_seconds+=($((SECONDS - started)))
  if [ "$status" != 0 ]; then
    printf '\n%s: the stage "%s" failed with status %d\n' "${0##*/}" "$name" "$status" >&2
    exit "$status"
  fi
}

# print_stages prints a line for each stage, and their sum.
print_stages() {
  local i
  printf '\n== seconds\n'
  for i in "${!stage_names[@]}"; do
    printf '%6d  %s\n' "${stage_seconds[i]}" "${stage_names[i]}"
  done
  printf '%6d  in all\n' "$SECONDS"
}
