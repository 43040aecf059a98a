#!/usr/bin/env bash
# Builds the images and runs them, one alone and the compose set, without a registry: debian:bookworm-slim is made from
# Debian packages, in a daemon of its own that leaves the host's network and firewall rules alone. Needs root on Debian;
# everything stays in ~/.cache/coroute-docker, which makes the next run quick. Exits with 1 when a check fails.
# SPDX-License-Identifier: BSL-1.0
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cache=${XDG_CACHE_HOME:-$HOME/.cache}/coroute-docker
base_image=debian:bookworm-slim
image=coroute/quickstart:verify
container=coroute-verify-quickstart
network=coroute-verify
max_own_megabytes=10
max_stop_milliseconds=1000
export DOCKER_HOST=unix://$cache/docker.sock DOCKER_BUILDKIT=1 COMPOSE_DOCKER_CLI_BUILD=1 BUILDKIT_PROGRESS=plain
export GATEWAY_PORT=0            # any free one
export PATH=/usr/sbin:/usr/bin:$PATH  # the client that belongs to the daemon
failures=0

die() {
  echo "verify.sh: $*" >&2
  exit 1
}

# expect WHAT VALUE CONDITION...: one line of the report
expect() {
  local what=$1 value=$2
  shift 2
  if "$@"; then
    printf 'ok    %-28s %s\n' "$what" "$value"
  else
    printf 'FAIL  %-28s %s\n' "$what" "$value"
    failures=$((failures + 1))
  fi
}

# quietly LOG COMMAND...: the end of the output is shown only when the command fails
quietly() {
  local log=$cache/$1
  shift
  "$@" >"$log" 2>&1 || { tail -n 60 "$log" >&2; die "failed: $* (all of it: $log)"; }
}

compose() { docker-compose --project-name coroute-verify -f docker/compose.yml -f docker/compose.verify.yml "$@"; }

# All images are of one state of the tree, also when somebody edits it meanwhile.
take_snapshot() {
  rm -rf "$cache/tree"
  mkdir "$cache/tree"
  tar --create --exclude=./.git --exclude=./build . | tar --extract --directory "$cache/tree"
  cd "$cache/tree"
}

install_missing() {
  local missing=() package
  for package in docker.io docker-compose mmdebstrap iptables curl; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "installing: ${missing[*]}"
  quietly install.log apt-get update -q
  quietly install.log env DEBIAN_FRONTEND=noninteractive \
    apt-get -o DPkg::Lock::Timeout=600 install -qy --no-install-recommends "${missing[@]}"
}

make_base() {
  if docker image inspect "$base_image" >/dev/null 2>&1; then return; fi
  echo "making $base_image"
  local sources=() file
  for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
    if grep -qs bookworm "$file"; then sources=("$file"); break; fi
  done
  quietly base.log mmdebstrap --variant=minbase --format=tar \
    --include=usr-is-merged --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    bookworm "$cache/base.tar" "${sources[@]}"
  docker import --change 'CMD ["bash"]' "$cache/base.tar" "$base_image" >/dev/null
  rm "$cache/base.tar"
}

# In a session of its own: Ctrl-C must not end it before the containers are removed.
start_daemon() {
  setsid dockerd --host "$DOCKER_HOST" --data-root "$cache/data" --exec-root "$cache/exec" --pidfile "$cache/dockerd.pid" \
    --bridge=none --iptables=false --ip-forward=false >"$cache/dockerd.log" 2>&1 9>&- &
  daemon=$!
  trap stop_daemon EXIT
  for _ in $(seq 120); do
    if docker info >/dev/null 2>&1; then return; fi
    kill -0 "$daemon" 2>/dev/null || break
    sleep 0.25
  done
  tail -n 20 "$cache/dockerd.log" >&2
  die "dockerd does not start"
}

remove_containers() {
  docker rm --force "$container" >/dev/null 2>&1 || true
  compose down --remove-orphans >/dev/null 2>&1 || true
  docker network rm "$network" >/dev/null 2>&1 || true
}

stop_daemon() {
  remove_containers
  docker image prune --force >/dev/null 2>&1 || true
  docker builder prune --force --keep-storage 8GB >/dev/null 2>&1 || true
  kill "$daemon" 2>/dev/null || true
  wait "$daemon" || true
}

health_of() {
  local health=starting
  for _ in $(seq 120); do
    health=$(docker inspect -f '{{.State.Health.Status}}' "$1")
    [ "$health" = starting ] || break
    sleep 0.25
  done
  echo "$health"
}

check_running() {
  local name=$1 container=$2 health uid
  health=$(health_of "$container")
  expect "$name: health" "$health" [ "$health" = healthy ]
  [ "$health" = healthy ] || docker logs "$container" 2>&1 | tail -n 20
  uid=$(stat -c %u "/proc/$(docker inspect -f '{{.State.Pid}}' "$container")" 2>/dev/null) || uid=none
  expect "$name: not root" "uid $uid" [ "$uid" = 10001 ]
}

check_stop() {
  local name=$1 container=$2 began milliseconds status
  began=$(date +%s%N)
  docker stop "$container" >/dev/null
  milliseconds=$((($(date +%s%N) - began) / 1000000))
  status=$(docker inspect -f '{{.State.ExitCode}}' "$container")
  expect "$name: stop" "$milliseconds ms" [ "$milliseconds" -lt "$max_stop_milliseconds" ]
  expect "$name: exit code" "$status" [ "$status" = 0 ]
}

# contains TEXT PART...
contains() {
  local text=$1 part
  shift
  for part in "$@"; do [[ $text == *"$part"* ]] || return 1; done
}

check_size() {
  local own all
  all=$(docker image inspect -f '{{.Size}}' "$image")
  own=$((all - $(docker image inspect -f '{{.Size}}' "$base_image")))
  expect "image size" "$((all / 1000000)) MB, $((own / 1000)) kB of it above $base_image" \
    [ "$own" -lt $((max_own_megabytes * 1000000)) ]
}

verify_image() {
  docker network create "$network" >/dev/null
  quietly run.log docker run --detach --name "$container" --network "$network" --publish 127.0.0.1::8000 \
    --read-only --cap-drop ALL --security-opt no-new-privileges "$image"
  check_running quickstart "$container"
  local answer
  answer=$(curl -sS -m 5 "http://$(docker port "$container" 8000/tcp)/items/7" 2>&1) || true
  expect "quickstart: GET /items/7" "$answer" contains "$answer" '"item_id":7'
  check_size
  check_stop quickstart "$container"
}

verify_compose() {
  quietly up.log compose up --detach --no-build
  local service gateway url answer slow
  for service in loadtarget-a loadtarget-b gateway; do check_running "$service" "$(compose ps -q "$service")"; done
  gateway=$(compose ps -q gateway)
  url=http://$(docker port "$gateway" 8000/tcp)
  answer=$(curl -sS -g -m 5 "$url/fetch?from=a:/json&from=b:/items/1" 2>&1) || true
  expect "gateway: both backends" "$answer" contains "$answer" \
    '"backend":"a"' '"body":{"message":"Hello, World!"}' '"backend":"b"' '"item_id":1'
  curl -sS -g -m 5 "$url/fetch?from=a:/sleep/500" >"$cache/slow.json" 2>&1 &
  slow=$!
  sleep 0.2
  check_stop gateway "$gateway"
  wait "$slow" || true
  answer=$(cat "$cache/slow.json")
  expect "gateway: drained a request" "$answer" contains "$answer" '"slept_ms":500'
  for service in loadtarget-a loadtarget-b; do check_stop "$service" "$(compose ps -q "$service")"; done
}

[ "$(id -u)" = 0 ] || die "needs root"
mkdir -p "$cache"
exec 9>"$cache/lock"
flock -n 9 || die "another one is running"
take_snapshot
install_missing
start_daemon
make_base
remove_containers
echo "building the images (log: $cache/build.log)"
quietly build.log docker build --network host --build-arg SERVICE=quickstart --tag "$image" .
quietly build-compose.log compose build
verify_image
verify_compose
[ "$failures" = 0 ] || die "$failures checks failed"
echo "all checks passed in $SECONDS s"
