# Chromium for the browser tests: the one installed, else Playwright's own download, else Debian's package.
# shellcheck shell=bash
find_chromium() {
  local candidate
  for candidate in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$candidate"; then return; fi
  done
  find "$tools/browsers" -type f \( -name chrome -o -name headless_shell -o -name chrome-headless-shell \) 2>/dev/null | head -n 1 | grep .
}

setup_chromium() {
  if find_chromium >/dev/null; then return; fi
  say "Downloading a Chromium with Playwright"
  if PLAYWRIGHT_BROWSERS_PATH="$tools/browsers" timeout 300 "$venv/bin/playwright" install --only-shell chromium >"$tools/chromium.log" 2>&1 &&
    find_chromium >/dev/null; then return; fi
  if is_debian_root; then
    say "Installing Debian's chromium"
    if apt_install chromium fonts-noto-cjk; then return; fi
  fi
  die "a Chromium for the browser tests is missing" \
    "Playwright could not download one. Install the package chromium of your system and run this again."
}
