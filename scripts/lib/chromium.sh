# Chromium for the browser tests: an installed one, else Playwright's download, else Debian's package.
# shellcheck shell=bash
find_chromium() {
  local candidate
  for candidate in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$candidate"; then return; fi
  done
  if [ ! -d "$tools/browsers" ]; then return 1; fi
  find "$tools/browsers" -type f \( -name chrome -o -name headless_shell -o -name chrome-headless-shell \) -print -quit | grep .
}

# Playwright's downloader has timeouts of its own; timeout(1), if available, ends a stalled download.
download_chromium() {
  local within=
  if command -v timeout >/dev/null; then within="timeout 300"; fi
  # shellcheck disable=SC2086  # two words, or none
  PLAYWRIGHT_BROWSERS_PATH="$tools/browsers" $within "$venv/bin/python" -m playwright install --only-shell chromium
}

# Playwright's driver is a bundled Node, which needs a library that minimal systems lack.
driver_runs() { "$venv/bin/python" -m playwright --version >/dev/null 2>&1; }

setup_driver() {
  if driver_runs; then return; fi
  if is_debian_root; then
    say "Installing libatomic1, which Playwright needs"
    if apt_install libatomic1 && driver_runs; then return; fi
  fi
  die "Playwright, which drives the browser of the browser tests, does not start" \
    "Install the library libatomic1 of your system and run this again."
}

setup_chromium() {
  setup_driver
  if find_chromium >/dev/null; then return; fi
  say "Downloading a Chromium with Playwright"
  if logged chromium download_chromium 2>/dev/null && find_chromium >/dev/null; then return; fi
  if is_debian_root; then
    say "Playwright could not: installing Debian's chromium"
    if apt_install chromium fonts-noto-cjk && find_chromium >/dev/null; then return; fi
  fi
  die "a Chromium for the browser tests is missing" \
    "Playwright could not download one (.tools/chromium.log). Install the package chromium of your system and run this again."
}
