# sh lifeline.sh TERM|KILL PROGRAM ARGUMENTS...: becomes the program, under the same process id, with a watcher beside it that
# ends it at the end of standard input, the lifeline. A pipe ends when the last process that holds its other side does, however
# that ended: nothing else would outlive a SIGKILL of the parent, or stop a program that has been suspended.
# TERM lets the program alone end in order. KILL ends its whole process group, so it must lead one (`detached` in Node).
exec 3<&0 </dev/null
case $1 in TERM) whom=$$ ;; *) whom=-$$ ;; esac
(cat <&3; kill "-$1" "$whom") >/dev/null 2>&1 &
exec 3<&-
shift
exec "$@"
