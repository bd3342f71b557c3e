# Shared by the scripts. Expects $top, the root of the checkout.
# shellcheck shell=bash
# shellcheck disable=SC2034  # read by the scripts that source this file
tools="$top/.tools"
venv="$top/.venv"

# Progress bars only on a terminal.
if [ -t 2 ]; then quiet=; else quiet=--quiet; fi

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }

# die PROBLEM [REMEDY]
die() {
  printf 'error: %s\n' "$1" >&2
  if [ -n "${2:-}" ]; then printf '  %s\n' "$2" >&2; fi
  exit 1
}

# logged NAME COMMAND...: runs it with its output in .tools/NAME.log; prints the end of the log only on failure.
logged() {
  local log="$tools/$1.log"
  shift
  if "$@" >"$log" 2>&1 </dev/null; then return; fi
  tail -n 20 "$log" >&2
  return 1
}

# Serialises set-ups of a checkout: the second waits for the first, then finds everything done.
lock_setup() {
  if ! command -v flock >/dev/null; then return; fi
  exec 9>"$tools/.lock"
  if flock --nonblock 9; then return; fi
  say "Waiting for another set-up of this checkout"
  flock 9
}

is_debian_root() { [ "$(id -u)" = 0 ] && [ -r /etc/debian_version ] && command -v apt-get >/dev/null; }

# apt_install PACKAGE...: installs even if the update fails, as it does when one third-party source is down.
apt_install() {
  logged apt-update apt-get update || true
  DEBIAN_FRONTEND=noninteractive logged apt-install apt-get install --yes --no-install-recommends "$@"
}

# changed STAMP FILE...: true when the files' checksum differs from the one in STAMP. mark STAMP FILE... writes it.
fingerprint() { cat "$@" | cksum; }
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
