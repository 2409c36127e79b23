# What is done on a host, for any POSIX shell on Linux; host-program.ts adds the call. Exit: 74 the machine was destroyed meanwhile,
# 75 the host is full, 76 a process does not end.
#
# A machine is the folder FOLDER/OWNER/ID with the files machine (its record, one line), pid (/proc/PID/stat and the boot, as the
# process itself found them), console, and stopping once it was asked to end. The record is written beside and then linked: the link
# fails when one is there, so of many launches one wins, and no record is half. The process writes its own pid down and then
# becomes the agent, so nothing runs that is not known.

umask 077
read -r this_boot < /proc/sys/kernel/random/boot_id
setsid=$(command -v setsid)
begin='cd "$1" && shift && /bin/cat /proc/$$/stat /proc/sys/kernel/random/boot_id > pid && exec "$@"'

# $stat -> $pid $state $start
parse_stat() {
  pid=${stat%% *}
  set -- ${stat##*) }
  state=$1
  shift 19
  start=$1
}

# $life of the machine in $1: none, alive or ended; its $pid
look() {
  life=none pid= stat= boot=
  { { read -r stat; read -r boot; } < "$1/pid"; } 2>/dev/null
  [ -n "$boot" ] || return 0
  parse_stat
  life=ended began=$start own=$pid stat=
  [ "$boot" = "$this_boot" ] || return 0
  { read -r stat < "/proc/$own/stat"; } 2>/dev/null
  [ -n "$stat" ] || return 0
  parse_stat
  case $state in Z | X) return 0 ;; esac
  if [ "$start" = "$began" ]; then life=alive; fi
}

show() {
  record= asked=-
  { read -r record < "$1/machine"; } 2>/dev/null
  [ -n "$record" ] || return 0
  look "$1"
  if [ -e "$1/stopping" ]; then asked=asked; fi
  printf 'machine %s %s %s %s\n' "$record" "${pid:--}" "$life" "$asked"
}

show_all() {
  for dir in "$1"/*; do show "$dir"; done
}

# The process of $1, waited for as long as it may still come.
look_soon() {
  looks=200
  look "$1"
  while [ "$life" = none ] && [ -e "$1/machine" ] && [ "$looks" -gt 0 ]; do
    sleep 0.01
    looks=$((looks - 1))
    look "$1"
  done
}

# Until the machine in $1 has ended, for at most $2 looks.
await() {
  looks=$2
  look "$1"
  while [ "$life" = alive ] && [ "$looks" -gt 0 ]; do
    sleep 0.01
    looks=$((looks - 1))
    look "$1"
  done
}

count_machines() {
  machines=0
  for one in "$1"/*/machine; do
    if [ -e "$one" ]; then machines=$((machines + 1)); fi
  done
}

# FOLDER ID RECORD MOST COMMAND...
launch() {
  dir=$1/$2
  if [ ! -e "$dir/machine" ]; then
    count_machines "$1"
    [ "$machines" -lt "$4" ] || exit 75
    mkdir -p -- "$dir" || exit 1
    printf '%s\n' "$3" > "$dir/claim.$$" || exit 74
    if ln "$dir/claim.$$" "$dir/machine" 2>/dev/null; then
      shift 4
      start "$@"
    fi
    rm -f -- "$dir/claim.$$"
  fi
  look_soon "$dir"
  [ -e "$dir/machine" ] || exit 74
  show "$dir"
}

# Nothing of the environment gets into a list of arguments, which every user of a host can read.
start() {
  (
    set -- "$setsid" /bin/sh -c "$begin" sh "$dir" "$@"
    exec < /dev/null >> "$dir/console" 2>&1
    environment
    exec "$@"
  ) &
}

ask() {
  look_soon "$1"
  if [ "$life" = alive ]; then
    printf '' > "$1/stopping" && kill -s TERM "$pid"
  fi
  echo "$life"
}

wait_for_end() {
  await "$1" "$2"
  echo "$life"
}

force() {
  look_soon "$1"
  [ "$life" = alive ] || return 0
  kill -s KILL -- "-$pid"
  await "$1" 500
  [ "$life" != alive ] || exit 76
}

destroy() {
  force "$1"
  # Once more for a launch that was just about to write.
  rm -rf -- "$1" 2>/dev/null || { sleep 0.1; rm -rf -- "$1"; } || exit 1
}

logs() {
  if [ -e "$1/console" ]; then tail -c "$2" "$1/console"; fi
}

offer() {
  count_machines "$1"
  while read -r name amount unit; do
    if [ "$name" = MemTotal: ]; then printf 'host %s %s %s\n' "$(nproc)" "$amount" "$machines"; fi
  done < /proc/meminfo
}

# FOLDER PROGRAM: a line for each thing that is not as it must be
check() {
  [ -n "$setsid" ] || echo 'it has no setsid: install util-linux'
  mkdir -p -- "$1" && [ -w "$1" ] || echo 'the folder for machines cannot be written to: give it to the user, or set another folder'
  [ -x "$2" ] || echo 'the program that starts an agent is not there: install it, or set agentCommand'
}
