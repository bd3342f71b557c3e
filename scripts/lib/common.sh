# Shared by the scripts. Expects $top, the root of the checkout.
# shellcheck shell=bash
# shellcheck disable=SC2034  # read by the scripts that source this file
tools="$top/.tools"
venv="$top/.venv"

# Clients that draw progress are let draw it on a terminal, and kept quiet in a log.
if [ -t 2 ]; then quiet=; else quiet=--quiet; fi

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }

# die WHAT [HOW]: what is missing, and how to get it.
die() {
  printf 'error: %s\n' "$1" >&2
  if [ -n "${2:-}" ]; then printf '  %s\n' "$2" >&2; fi
  exit 1
}

# logged NAME COMMAND...: quietly, into .tools/NAME.log; its end is shown only when the command fails.
logged() {
  local log="$tools/$1.log"
  shift
  if "$@" >"$log" 2>&1 </dev/null; then return; fi
  tail -n 20 "$log" >&2
  return 1
}

# One set-up at a time in a checkout: a second one waits for the first, then finds everything done.
lock_setup() {
  if ! command -v flock >/dev/null; then return; fi
  exec 9>"$tools/.lock"
  if flock --nonblock 9; then return; fi
  say "Waiting for another set-up of this checkout"
  flock 9
}

is_debian_root() { [ "$(id -u)" = 0 ] && [ -r /etc/debian_version ] && command -v apt-get >/dev/null; }

# apt_install PACKAGE...: an update that fails for one foreign source does not stop the install.
apt_install() {
  logged apt-update apt-get update || true
  DEBIAN_FRONTEND=noninteractive logged apt-install apt-get install --yes --no-install-recommends "$@"
}

# changed STAMP FILE...: true when the files' contents differ from what STAMP recorded. mark STAMP FILE... records them.
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
