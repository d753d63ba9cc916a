#!/bin/sh
# What the image runs: a command of sealed-prover. Nothing, or options alone, means `serve`, as in other images of services.
case "${1-}" in
  -h | --help | --version) ;;
  '' | -*) set -- serve "$@" ;;
esac
# Process 1 has to bury what a killed engine leaves behind. Node does not; tini does, and passes SIGTERM on.
exec tini -- sealed-prover "$@"
