# Finds or installs a Python >= 3.14.2 and synchronises .venv with requirements/dev.txt.
# shellcheck shell=bash
python_min="(3, 14, 2)"

new_enough() { "$1" -c "import sys; sys.exit(sys.version_info[:3] < $python_min)" 2>/dev/null; }

# Installs uv with the system's python3: in a venv, or with pip --target where the venv module is missing.
uv_from_index() {
  command -v python3 >/dev/null || return 1
  if python3 -m venv --clear "$tools/uv"; then
    "$tools/uv/bin/python" -m pip install --disable-pip-version-check uv
  else
    rm -rf "$tools/uv"
    python3 -m pip install --disable-pip-version-check --target "$tools/uv" uv
  fi
}

find_uv() {
  uv="$tools/uv/bin/uv"
  if [ -x "$uv" ]; then return; fi
  if uv=$(command -v uv); then return; fi
  uv="$tools/uv/bin/uv"
  say "Installing uv from the package index"
  if logged uv uv_from_index 2>/dev/null; then return; fi
  if is_debian_root; then
    say "That Python has neither venv nor pip: installing Debian's python3-venv"
    if apt_install python3-venv && logged uv uv_from_index 2>/dev/null; then return; fi
  fi
  tail -n 5 "$tools/uv.log" >&2
  die "uv is missing and could not be installed" \
    "Install uv (https://docs.astral.sh/uv/), or a python3 with venv or pip, then run this again."
}

# Prints the first Debian mirror of this machine, from a .sources stanza ("URIs: …") or a one-line entry ("deb … http://…").
debian_mirror() {
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list 2>/dev/null |
    sed -nE '/^ *#/d; s#.*(https?://[^ ]+/debian/?)( .*)?$#\1#p' | sed -n 1p
}

# Unpacks Debian's python3.14 of the suite after trixie into .tools/python and links it to the libraries unpacked with
# it. The system's Python and C library stay untouched.
python_from_debian() {
  local root="$tools/python" list="$tools/forky.list" mirror loader
  local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  mirror=$(debian_mirror)
  if [ -z "$mirror" ] || [ ! -r "$keyring" ]; then return 1; fi
  say "Unpacking Python 3.14 from Debian's forky into .tools/python"
  if ! command -v mmdebstrap >/dev/null || ! command -v patchelf >/dev/null; then
    apt_install mmdebstrap patchelf || return 1
  fi
  echo "deb [signed-by=$keyring] $mirror forky main" >"$list"
  rm -rf "$root"
  # Check-Valid-Until: a mirror that is behind will do.
  logged python mmdebstrap --variant=extract --aptopt='Acquire::Check-Valid-Until "false"' \
    --include=python3.14,libstdc++6 forky "$root" "$list" || return 1
  # -type f: some architectures have a symbolic link to it in another folder.
  loader=$(find "$root/usr/lib" -type f -name 'ld-linux*.so.*' -print -quit)
  [ -n "$loader" ] || return 1
  patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$(dirname "$loader")" "$root/usr/bin/python3.14" &&
    new_enough "$root/usr/bin/python3.14"
}

find_python() {
  local candidate
  for candidate in "$tools/python/usr/bin/python3.14" python3.14 python3 python3.15; do
    if candidate=$(command -v "$candidate") && new_enough "$candidate"; then
      python=$candidate
      return
    fi
  done
  if python=$("$uv" python find --no-project '>=3.14.2' 2>/dev/null); then return; fi
  say "Installing Python 3.14 with uv"
  if UV_HTTP_RETRIES=0 logged uv-python "$uv" python install --no-bin 3.14 2>/dev/null &&
    python=$("$uv" python find --no-project '>=3.14.2' 2>/dev/null); then return; fi
  if is_debian_root && python_from_debian; then
    python="$tools/python/usr/bin/python3.14"
    return
  fi
  tail -n 3 "$tools/uv-python.log" >&2
  die "Python 3.14.2 or newer is missing and could not be installed" \
    "uv could not download it, and unpacking Debian's needs root on Debian. Install Python >= 3.14.2 and run this again."
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
  "$uv" pip sync ${quiet:+"$quiet"} --require-hashes --python "$venv/bin/python" "$wanted" ||
    die "the pinned requirements could not be installed" "Check that the Python package index is reachable, then run this again."
  mark "$venv/.requirements" "$wanted"
}
