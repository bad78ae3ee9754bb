import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '@encounter-gateway/shared/launch/run-command.ts'

const SIZE_MIB = 1024

/** A disk of its own for Redis, that can be filled to the last byte without harm to any other. */
export type SmallDisk = {
  folder: string
  how: string
  /** Takes all the room that is left; `false` if that failed. */
  fill(): Promise<boolean>
  /** Gives it back. */
  empty(): void
  remove(): Promise<void>
}

/** An ext4 file system in a file, or else one in memory; the reason why if neither can be mounted, as without root. */
export async function mountSmallDisk(workFolder: string): Promise<SmallDisk | string> {
  const folder = join(workFolder, 'disk')
  const image = join(workFolder, 'disk.img')
  mkdirSync(folder)
  const how = (await mountImage(image, folder)) ?? (await mountMemory(folder))
  if (!how) return 'no file system can be mounted here; it takes root'
  const ballast = join(folder, 'ballast')
  const data = join(folder, 'redis')
  mkdirSync(data)
  return {
    folder: data,
    how,
    async fill() {
      // asks for more each time that it gets it, so that a file that Redis gives back in between is taken as well
      for (let mebibytes = SIZE_MIB, taken = 0; mebibytes >= 1 / 256; mebibytes /= 2) {
        const [offset, length] = [Math.round(taken * 1024), Math.round(mebibytes * 1024)]
        const args = ['--offset', `${offset}KiB`, '--length', `${length}KiB`, ballast]
        if ((await runCommand('fallocate', args)).ok) taken += mebibytes
      }
      return existsSync(ballast)
    },
    empty: () => rmSync(ballast, { force: true }),
    async remove() {
      await runCommand('umount', [folder])
      rmSync(image, { force: true })
    },
  }
}

async function mountImage(image: string, folder: string): Promise<string | undefined> {
  const steps: [string, string[]][] = [
    ['truncate', ['--size', `${SIZE_MIB}M`, image]],
    ['mkfs.ext4', ['-q', '-F', '-m', '0', image]],
    ['mount', ['-o', 'loop', image, folder]],
  ]
  for (const [file, args] of steps) if (!(await runCommand(file, args)).ok) return undefined
  return `ext4 of ${SIZE_MIB} MiB`
}

async function mountMemory(folder: string): Promise<string | undefined> {
  const { ok } = await runCommand('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MIB}m`, 'tmpfs', folder])
  return ok ? `tmpfs of ${SIZE_MIB} MiB` : undefined
}
