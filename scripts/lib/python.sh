# Finds or brings a Python >= 3.14.2 and keeps .venv in step with requirements/dev.txt.
# shellcheck shell=bash
python_min="(3, 14, 2)"

new_enough() { "$1" -c "import sys; sys.exit(sys.version_info[:3] < $python_min)" 2>/dev/null; }

find_uv() {
  local candidate
  for candidate in "$tools/uv/bin/uv" "$(command -v uv || true)"; do
    if [ -x "$candidate" ]; then
      uv=$candidate
      return
    fi
  done
  say "Installing uv from the package index"
  if ! { python3 -m venv "$tools/uv" && "$tools/uv/bin/pip" install --quiet --disable-pip-version-check uv 2>"$tools/uv.log"; }; then
    tail -n 5 "$tools/uv.log" >&2 || true
    die "uv is missing and could not be installed with pip" "Install uv (https://docs.astral.sh/uv/) or python3-venv, then run this again."
  fi
  uv="$tools/uv/bin/uv"
}

# Debian's own python3.14 of the testing suite, unpacked into a private folder and bound to the libraries
# unpacked beside it, so the system's Python and C library stay untouched.
python_from_debian() {
  local root="$tools/python" list="$tools/testing.list" mirror keyring=/usr/share/keyrings/debian-archive-keyring.gpg libs
  say "Unpacking Python 3.14 from Debian testing into .tools/python"
  if ! command -v mmdebstrap >/dev/null || ! command -v patchelf >/dev/null; then apt_install mmdebstrap patchelf; fi
  # The first Debian mirror of this machine: from a .sources stanza ("URIs: …") or a one-line entry ("deb … http://…").
  mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list 2>/dev/null |
    grep -vE '^ *#' | grep -oE 'https?://[^ ]+/debian/?( |$)' | head -n 1 | tr -d ' ')
  [ -n "$mirror" ] || return 1
  echo "deb [signed-by=$keyring] $mirror forky main" >"$list"
  rm -rf "$root"
  if ! mmdebstrap --quiet --variant=extract --aptopt='Acquire::Check-Valid-Until "false"' \
    --include=python3.14,libstdc++6 forky "$root" "$list" >"$tools/python.log" 2>&1; then
    tail -n 5 "$tools/python.log" >&2
    rm -rf "$root"
    return 1
  fi
  libs=$(dirname "$(find "$root/usr/lib" -name 'ld-linux*.so.*' | head -n 1)")
  patchelf --set-interpreter "$(find "$libs" -name 'ld-linux*.so.*' | head -n 1)" \
    --force-rpath --set-rpath "$libs" "$root/usr/bin/python3.14"
}

find_python() {
  local candidate
  for candidate in "$tools/python/usr/bin/python3.14" python3.15 python3.14 python3; do
    if candidate=$(command -v "$candidate") && new_enough "$candidate"; then
      python=$candidate
      return
    fi
  done
  if python=$("$uv" python find --no-project '>=3.14.2' 2>/dev/null); then return; fi
  say "Installing Python 3.14 with uv"
  if UV_HTTP_RETRIES=0 "$uv" python install --quiet --no-bin 3.14 2>/dev/null &&
    python=$("$uv" python find --no-project '>=3.14.2' 2>/dev/null); then return; fi
  if is_debian_root && python_from_debian; then
    python="$tools/python/usr/bin/python3.14"
    return
  fi
  die "Python 3.14.2 or newer is missing" \
    "uv could not download it, and Debian's testing packages need root on Debian. Install Python >= 3.14.2 and run this again."
}

setup_venv() {
  local wanted=requirements/dev.txt
  if [ -x "$venv/bin/python" ] && new_enough "$venv/bin/python" && ! changed "$venv/.requirements" "$wanted"; then return; fi
  find_uv
  if ! { [ -x "$venv/bin/python" ] && new_enough "$venv/bin/python"; }; then
    find_python
    say "Making .venv with $("$python" --version)"
    "$uv" venv --quiet --no-project --clear --python "$python" "$venv"
  fi
  say "Installing the pinned requirements"
  "$uv" pip sync --quiet --require-hashes --python "$venv/bin/python" "$wanted" ||
    die "the pinned requirements could not be installed" "Check that the Python package index is reachable, then run this again."
  mark "$venv/.requirements" "$wanted"
}
