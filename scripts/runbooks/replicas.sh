# The words of docs/runbooks for replicas that are plain processes of this machine; to be sourced by bash.
# Needs: `heaviside` on the PATH, HEAVISIDE_CONFIG. Their pids and logs go to $REPLICA_DIR (default: the current folder).

# replica_start NAME [OPTION…]: one more replica with this configuration; each has a free HTTP port.
replica_start() {
  local name=$1
  shift
  nohup heaviside run --replica_name "$name" --http_port 0 --http_bind_address 127.0.0.1 "$@" \
    >> "${REPLICA_DIR:-.}/$name.log" 2>&1 < /dev/null &
  echo $! > "${REPLICA_DIR:-.}/$name.pid"
}

# replica_signal NAME SIGNAL: KILL is a crash, STOP and CONT a pause.
replica_signal() { kill -s "$2" "$(cat "${REPLICA_DIR:-.}/$1.pid")"; }

# replica_stop NAME…: SIGTERM, one after another; returns when they are gone.
replica_stop() {
  local name pid
  for name in "$@"; do
    pid=$(cat "${REPLICA_DIR:-.}/$name.pid")
    kill -s TERM "$pid"
    while kill -0 "$pid" 2> /dev/null; do sleep 0.05; done
  done
}

# leader_is [NAME]: waits (LEADER_WAIT_S, 180 s) until a replica (that one) leads and reads the binlog;
# prints it and its epoch.
leader_is() {
  local deadline=$((SECONDS + ${LEADER_WAIT_S:-180})) found
  while [ "$SECONDS" -lt "$deadline" ]; do
    found=$(heaviside status --json 2> /dev/null |
      jq -r '. as $all | .replicas[] | select(.role == "leader" and .epoch >= $all.epoch and .lagSeconds != null) | "\(.replica) leads under epoch \(.epoch)"') || true
    case $found in "${1-}"*' leads '*) echo "$found" && return ;; esac
    sleep 0.5
  done
  echo "no such leader after ${LEADER_WAIT_S:-180} s" >&2
  return 1
}
