import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { runCommand } from '@encounter-gateway/launch/run-command.ts'
import { endOf } from '@encounter-gateway/launch/process-end.ts'

const SIZE_MIB = 1024
/** The shell's output when the disk is there. */
const MOUNTED = 'mounted'
/**
 * `sh -c <this> sh <image> <folder>`: mounts an ext4 file system in a file, or else one in memory, and unmounts it
 * again when its standard input ends, as it does with this process, for any reason. It ignores signals.
 */
const MOUNT_WHILE_WANTED = `trap '' INT TERM HUP
truncate --size ${SIZE_MIB}M "$1" && mkfs.ext4 -q -F -m 0 "$1" && mount -o loop "$1" "$2" ||
  mount -t tmpfs -o size=${SIZE_MIB}m tmpfs "$2" || { rm -f "$1"; exit 1; }
echo ${MOUNTED}
cat
umount "$2" || umount -l "$2"
rm -f "$1"`

/** A disk of its own for Redis, that can be filled to the last byte without harm to any other. */
export type SmallDisk = {
  folder: string
  /** Fills all the remaining room; `false` if that failed. */
  fill(): Promise<boolean>
  /** Frees it. */
  empty(): void
  remove(): Promise<void>
}

/** An ext4 file system in a file, or else one in memory; the reason if neither can be mounted, as without root. */
export async function mountSmallDisk(workFolder: string): Promise<SmallDisk | string> {
  const folder = join(workFolder, 'disk')
  mkdirSync(folder)
  const mounter = spawn('sh', ['-c', MOUNT_WHILE_WANTED, 'sh', join(workFolder, 'disk.img'), folder], {
    stdio: ['pipe', 'pipe', 'ignore'],
    // in no group that is killed as a whole, or nobody would unmount the disk
    detached: true,
  })
  mounter.stdin.on('error', () => undefined)
  const ended = endOf(mounter)
  const lines = createInterface({ input: mounter.stdout })
  const mounted = once(lines, 'line').then(([line]) => line === MOUNTED)
  if (!(await Promise.race([mounted, ended.then(() => false)]))) {
    return 'no file system can be mounted here; it takes root'
  }
  const ballast = join(folder, 'ballast')
  const data = join(folder, 'redis')
  mkdirSync(data)
  return {
    folder: data,
    async fill() {
      // asks for more each time it succeeds, so that a file that Redis frees in between is taken as well
      for (let mebibytes = SIZE_MIB, taken = 0; mebibytes >= 1 / 256; mebibytes /= 2) {
        const [offset, length] = [Math.round(taken * 1024), Math.round(mebibytes * 1024)]
        const args = ['--offset', `${offset}KiB`, '--length', `${length}KiB`, ballast]
        if ((await runCommand('fallocate', args)).ok) taken += mebibytes
      }
      return existsSync(ballast)
    },
    empty: () => rmSync(ballast, { force: true }),
    async remove() {
      mounter.stdin.end()
      await ended
    },
  }
}
