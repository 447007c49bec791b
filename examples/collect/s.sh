#!/bin/sh
set -e
echo "script s.sh was called with $# arguments" >&2
echo "done: $*"
