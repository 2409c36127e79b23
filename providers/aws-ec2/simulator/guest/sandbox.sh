#!/bin/sh
# What a unit's Protect*= and PrivateTmp= take away from its program, in a mount namespace of the program's own.
# sandbox.sh SYSTEM HOME TMP WRITABLE -- program...   WRITABLE: paths with `:` between
set -e
system=$1 home=$2 tmp=$3 writable=$4
shift 5
IFS=:
for path in $writable; do mount --bind "$path" "$path"; done
if [ "$tmp" = yes ]; then
  mount -t tmpfs -o mode=1777 tmpfs /tmp
  mount -t tmpfs -o mode=1777 tmpfs /var/tmp
fi
case $home in
  yes | tmpfs) for path in /home /root; do mount -t tmpfs -o mode=000,ro tmpfs $path; done ;;
  read-only) for path in /home /root; do mount -o remount,bind,ro $path; done ;;
esac
case $system in
  strict) covered='/*' ;;
  full) covered='/usr /usr/* /boot /etc /etc/*' ;;
  yes) covered='/usr /usr/* /boot' ;;
  *) covered= ;;
esac
if [ -n "$covered" ]; then
  if [ "$system" != strict ]; then for path in /usr /etc; do mount --bind $path $path; done; fi
  while IFS=' ' read -r _ path _; do
    case $path in /dev | /dev/* | /proc | /proc/* | /sys | /sys/*) continue ;; esac
    if [ "$tmp" = yes ]; then case $path in /tmp | /var/tmp) continue ;; esac; fi
    case ":$writable:" in *":$path:"*) continue ;; esac
    case $system$path in strict* | *full/usr* | *full/etc* | yes/usr* | *full/boot*) mount -o remount,bind,ro "$path" ;; esac
  done </proc/self/mounts
fi
exec "$@"
