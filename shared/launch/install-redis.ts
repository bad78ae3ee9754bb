import { findOnPath, runCommand } from './run-command.ts'

const MINUTES = 60_000

/**
 * The package managers and the packages that install Redis without starting a service. Debian's `redis-server` package
 * would start and enable one; `redis-tools` contains the same program without a service.
 */
const packageManagers = [
  {
    name: 'apt-get',
    asRoot: true,
    steps: [
      ['update', '-qq'],
      ['install', '-qq', '-y', '--no-install-recommends', 'redis-tools'],
    ],
  },
  { name: 'dnf', asRoot: true, steps: [['install', '-q', '-y', 'redis']] },
  { name: 'apk', asRoot: true, steps: [['add', '-q', 'redis']] },
  { name: 'brew', asRoot: false, steps: [['install', '-q', 'redis']] },
]

/** Installs Redis, and returns the package manager used or the obstacle. `log` gets one line before it begins. */
export async function installRedis(
  log: (line: string) => void,
): Promise<{ ok: true; by: string } | { ok: false; obstacle: string }> {
  const manager = packageManagers.find(({ name }) => findOnPath(name))
  if (!manager) return { ok: false, obstacle: 'no package manager known to this program is there' }
  const { name, asRoot, steps } = manager
  const isRoot = process.getuid?.() === 0
  const sudo = asRoot && !isRoot
  if (sudo && !(await runCommand('sudo', ['-n', 'true'])).ok) {
    return { ok: false, obstacle: `${name} needs root or a sudo without a password` }
  }
  log(
    `Installing Redis with ${sudo ? 'sudo ' : ''}${name}${name === 'apt-get' ? ' (redis-tools, which starts no service)' : ''}.`,
  )
  for (const args of steps) {
    const command = ['env', 'DEBIAN_FRONTEND=noninteractive', 'HOMEBREW_NO_AUTO_UPDATE=1', name, ...args]
    const [file = '', ...rest] = sudo ? ['sudo', '-n', ...command] : command
    const { ok, stderr } = await runCommand(file, rest, 10 * MINUTES)
    // an update that fails in part (one dead source) may not matter: the installation will show
    if (!ok && args[0] !== 'update') {
      return {
        ok: false,
        obstacle: `${name} ${args.join(' ')} failed: ${stderr.trim().split('\n').at(-1) ?? 'no message'}`,
      }
    }
  }
  return { ok: true, by: name }
}
