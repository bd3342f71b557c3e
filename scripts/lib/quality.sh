# Style and types: what scripts/lint does, and the first two stages of scripts/test.
# shellcheck shell=bash

# lint [--fix]
lint() {
  local format_check=--check
  if [ "${1:-}" = --fix ]; then format_check=; fi
  "$venv/bin/ruff" check ${1:+"$1"} .
  "$venv/bin/ruff" format ${format_check:+"$format_check"} .
  "$venv/bin/shellcheck" --external-sources --check-sourced scripts/compile scripts/demo scripts/lint scripts/setup \
    scripts/test .ci/run
}

types() { "$venv/bin/mypy"; }
