# Guards one instance directory: waits until no process uses it any more, stops what runs in it, removes it.
# Users hold a kernel lock, so nothing goes stale when one of them is killed.
#
#   sh guard.sh DIRECTORY
dir=$1
read -r idle <"$dir/idle" # seconds to stay after the last user
exec 8<"$dir/guard" 9<"$dir/users"
# A child that outlived a killed guard would keep its lock: each one closes it.
flock -w 1 8 || { echo guarded; exit; }
echo guarded
exec >/dev/null 2>&1

# What runs in the instance writes its errors to the instance's log; nothing else does.
running() {
    for process in /proc/[0-9]*; do
        if [ "$process/fd/2" -ef "$dir/log" ]; then echo "${process#/proc/}"; fi
    done
}

# Whether one of the processes is initdb. Cut short, it would leave shared memory in the system; it takes a second.
creating() {
    for pid in "$@"; do
        if grep -qx initdb "/proc/$pid/comm"; then return 0; fi
    done
    return 1
}

until
    flock -x 9 8<&-
    flock -u 9 8<&-
    sleep "$idle" 8<&- 9<&-
    flock -xn 9 8<&-
do :; done

# The lock on users is held from here to the end: who comes now waits, and then finds nothing.
tries=0
while pids=$(running) && [ -n "$pids" ]; do
    if [ "$tries" -ge 100 ]; then
        kill -s KILL $pids
    elif ! creating $pids; then
        # INT stops a server whatever its clients do; PgBouncer would wait for them, and heeds TERM.
        kill -s INT $pids
        kill -s TERM $pids
    fi
    tries=$((tries + 1))
    sleep 0.1 8<&- 9<&-
done

# A server that was killed leaves its file, and one shared memory segment, whose id stands in the seventh line.
segment=$(sed -n '7s/.* //p' "$dir/data/postmaster.pid") && ipcrm -m "$segment"
rm -rf "$dir"
