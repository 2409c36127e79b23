#!/bin/sh
# First program of an instance, in namespaces of its own (mounts, processes, network, host name, IPC). What it gets by environment:
# DISK (its folder: upper, work, root, own), GUEST (the simulator's guest folder), NODE, ADDRESS (with prefix), GATEWAY, HOST_NAME.
# It says `@ready` when its network can be connected, and goes on when it is told to by a line on standard input.
set -e
ip link set lo up
ip addr add 169.254.169.254/32 dev lo
hostname "$HOST_NAME"
echo @ready

# The host's root, which is not written to: all changes stay in the instance's folder.
mount --make-rprivate /
R=$DISK/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$DISK/upper,workdir=$DISK/work" "$R"

# What a fresh machine has not got from its image is empty here, and its own; what is written to it survives a stop.
for name in root home opt srv mnt media var/log var/tmp usr/local etc/systemd/system etc/cron.d; do
  if [ -d "$R/$name" ]; then
    mkdir -p "$DISK/own/$name"
    mount --bind "$DISK/own/$name" "$R/$name"
  fi
done
mkdir -p "$R/usr/local/bin" "$R/usr/local/lib" "$R/usr/local/sbin" "$DISK/empty"
# Folders in the root that no distribution knows are the host's business.
for path in "$R"/* "$R"/.[!.]*; do
  name=${path##*/}
  case $name in
    bin | boot | dev | etc | home | lib | lib32 | lib64 | libx32 | media | mnt | opt | proc | root | run | sbin | srv | sys | tmp | usr | var) ;;
    *) if [ -d "$path" ] && [ ! -L "$path" ]; then mount --bind -o ro "$DISK/empty" "$path"; fi ;;
  esac
done
mount -t tmpfs -o mode=1777 tmpfs "$R/tmp"
mount -t tmpfs -o mode=755 tmpfs "$R/run"
mkdir -p "$R/run/lock" "$R/run/old" "$R/run/systemd/system"
mount -t proc -o nosuid,nodev,noexec proc "$R/proc"
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$R/sys"

mount -t tmpfs -o mode=755,nosuid tmpfs "$R/dev"
mkdir "$R/dev/shm" "$R/dev/pts"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$R/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts "$R/dev/pts"
ln -s pts/ptmx "$R/dev/ptmx"
ln -s /proc/self/fd "$R/dev/fd"
for stream in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${stream%:*}" "$R/dev/${stream#*:}"; done
mknod -m 666 "$R/dev/null" c 1 3
mknod -m 666 "$R/dev/zero" c 1 5
mknod -m 666 "$R/dev/full" c 1 7
mknod -m 666 "$R/dev/random" c 1 8
mknod -m 666 "$R/dev/urandom" c 1 9
mknod -m 666 "$R/dev/tty" c 5 0
# Who writes to the console writes to the instance's console output.
mkfifo -m 622 "$R/dev/console"
ln -s console "$R/dev/ttyS0"

mkdir -p "$R/usr/lib/ec2-guest" "$R/run/ec2-guest"
mount --bind -o ro "$GUEST" "$R/usr/lib/ec2-guest"
: >"$R/run/ec2-guest/node"
mount --bind -o ro "$NODE" "$R/run/ec2-guest/node"

cd "$R"
pivot_root . run/old
cd /
umount -l /run/old
rmdir /run/old

printf '%s\n' "$HOST_NAME" >/etc/hostname
printf '127.0.0.1 localhost\n%s %s\n' "${ADDRESS%/*}" "$HOST_NAME" >/etc/hosts

read -r _
ip link set eth0 up
ip addr add "$ADDRESS" dev eth0
# Of another VPC than the default one it is no neighbour by its address, and one by its cable.
ip route add default via "$GATEWAY" dev eth0 onlink

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# What it compiles at the first boot is on the instance's disk for the next.
# The shell stays the first process, because it reaps what others leave. What runs in its background has no standard input unless
# it is handed over; the power button comes by it.
exec 3<&0
env -i PATH="$PATH" HOME=/ LANG=C.UTF-8 TERM=linux NODE_COMPILE_CACHE=/var/cache/ec2-guest /run/ec2-guest/node --disable-warning=ExperimentalWarning /usr/lib/ec2-guest/init.ts <&3 3<&- &
wait $!
