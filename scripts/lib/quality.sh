# Style and types: shared by scripts/lint and the first two stages of scripts/test.
# shellcheck shell=bash

# lint [--fix]
lint() {
  local format_check=--check
  if [ "${1:-}" = --fix ]; then format_check=; fi
  "$venv/bin/ruff" check ${1:+"$1"} .
  "$venv/bin/ruff" format ${format_check:+"$format_check"} .
  # All Bash scripts, found by their first line, with the files that they source.
  grep --files-with-matches --directories=skip --null '^#!/usr/bin/env bash' scripts/* .ci/* |
    xargs -0 "$venv/bin/shellcheck" --external-sources --check-sourced
}

types() { "$venv/bin/mypy"; }
