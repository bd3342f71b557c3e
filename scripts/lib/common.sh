# Shared by the scripts. Expects $top, the root of the checkout.
# shellcheck shell=bash
# shellcheck disable=SC2034  # read by the scripts that source this file
tools="$top/.tools"
venv="$top/.venv"

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }

# die WHAT [HOW]: what is missing, and how to get it.
die() {
  printf 'error: %s\n' "$1" >&2
  if [ -n "${2:-}" ]; then printf '  %s\n' "$2" >&2; fi
  exit 1
}

is_debian_root() { [ "$(id -u)" = 0 ] && [ -r /etc/debian_version ] && command -v apt-get >/dev/null; }

# apt_install PACKAGE...: quietly, showing the output only when it fails.
apt_install() {
  local log="$tools/apt.log"
  if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    return 1
  fi
}

# changed STAMP FILE...: true when the files' contents differ from what STAMP recorded. mark STAMP FILE... records them.
fingerprint() { cat "$@" | sha256sum | cut -d' ' -f1; }
changed() {
  local stamp=$1
  shift
  [ "$(cat "$stamp" 2>/dev/null)" != "$(fingerprint "$@")" ]
}
mark() {
  local stamp=$1
  shift
  fingerprint "$@" >"$stamp"
}
