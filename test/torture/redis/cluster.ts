import { setTimeout as delay } from 'node:timers/promises'
import { findFreePort } from '@encounter-gateway/launch/free-port.ts'
import { keyBaseOf } from '@encounter-gateway/shared/records/keys.ts'
import { connection } from '../connections.ts'
import { openSeveral, startLined } from './several.ts'
import type { DataServer, RedisSetUp, SetUpAbout } from './set-up.ts'

const PRIMARIES = 3
const SLOTS = 16_384
/** As `docs/operations.md` asks for it, but quicker, so that much happens in little time. */
const NODE_TIMEOUT_MS = 2_000
const FORMED_MS = 30_000

/** One line of CLUSTER NODES. */
type Node = { id: string; linePort: number; primaryId: string | undefined; failed: boolean; slots: [number, number][] }

/** Three primaries with a replica each. */
export async function openCluster(about: SetUpAbout): Promise<RedisSetUp> {
  await using started = new AsyncDisposableStack()
  const busPorts: number[] = []
  const lined = await startLined(
    PRIMARIES * 2,
    about,
    async (n, linePorts) => {
      const busPort = await findFreePort()
      busPorts.push(busPort)
      return [
        'cluster-enabled yes',
        `cluster-node-timeout ${NODE_TIMEOUT_MS}`,
        'cluster-require-full-coverage no',
        `cluster-port ${busPort}`,
        'cluster-announce-ip 127.0.0.1',
        `cluster-announce-port ${linePorts[n]}`,
        `cluster-announce-bus-port ${busPort}`,
      ]
    },
    started,
  )
  const servers = lined.map(({ server }) => server)
  const serverOf = (node: Node): DataServer => {
    const found = lined.find(({ line }) => line.port === node.linePort)
    if (!found) throw new Error(`the cluster names port ${node.linePort}, which is nobody's`)
    return found.server
  }
  const nodes = async (): Promise<Node[]> => {
    let failure: unknown
    for (const { control } of servers) {
      try {
        return readNodes(String(await control.cluster('NODES')))
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }

  const share = Math.ceil(SLOTS / PRIMARIES)
  for (const [n, { control }] of servers.entries()) {
    await control.cluster('SET-CONFIG-EPOCH', n + 1)
    if (n >= PRIMARIES) continue
    const last = Math.min((n + 1) * share, SLOTS) - 1
    await control.call('CLUSTER', 'ADDSLOTSRANGE', n * share, last)
  }
  const [first] = servers
  for (const [n, { line }] of lined.entries()) {
    if (n > 0) await first?.control.call('CLUSTER', 'MEET', '127.0.0.1', line.port, busPorts[n] ?? 0)
  }
  const formed = async (is: () => Promise<boolean>) => {
    const giveUpAt = performance.now() + FORMED_MS
    while (!(await is())) {
      if (performance.now() > giveUpAt) throw new Error('the cluster does not form')
      await delay(50)
    }
  }
  for (const { control } of servers) {
    await formed(async () => readNodes(String(await control.cluster('NODES'))).length === servers.length)
  }
  for (const [n, { control }] of servers.entries()) {
    if (n < PRIMARIES) continue
    const id = await servers[n - PRIMARIES]?.control.cluster('MYID')
    await control.call('CLUSTER', 'REPLICATE', String(id))
  }
  for (const { control } of servers) {
    await formed(async () => (await control.cluster('INFO')).includes('cluster_state:ok'))
    await formed(async () => /role:master|master_link_status:up/.test(await control.info('replication')))
  }

  const primaries = async (): Promise<DataServer[]> => {
    const slot = await first?.control.cluster('KEYSLOT', keyBaseOf(connection)).catch(() => undefined)
    const has = ({ slots }: Node) => slots.some(([from, to]) => slot !== undefined && slot >= from && slot <= to)
    const owners = (await nodes()).filter(({ slots, failed }) => slots.length > 0 && !failed)
    return owners.toSorted((a, b) => Number(has(b)) - Number(has(a))).map(serverOf)
  }
  return await openSeveral(
    {
      how: `a cluster of ${servers.length} servers`,
      url: `redis+cluster://${lined.map(({ line }) => `127.0.0.1:${line.port}`).join()}`,
      lined,
      // one in each third of the slots: 1,181, 6,601, 12,022 and others
      probes: () => Array.from({ length: 30 }, (_, n) => `probe:${n}`),
      primaries,
      async failOver(primary) {
        try {
          const all = await nodes()
          const of = all.find((node) => serverOf(node).name === primary.name)
          const replica = all.find(
            ({ primaryId, failed }) => primaryId !== undefined && primaryId === of?.id && !failed,
          )
          if (!replica) return 'it has no replica'
          return await serverOf(replica).control.cluster('FAILOVER')
        } catch (error) {
          return (error as Error).message
        }
      },
    },
    started,
  )
}

/** `<id> <ip>:<port>@<bus port> <flags> <id of its primary or -> <ping> <pong> <epoch> <link> <slot>-<slot> ...` */
function readNodes(text: string): Node[] {
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [id = '', address = '', flags = '', primaryId, , , , , ...slots] = line.split(' ')
      return {
        id,
        linePort: Number(/:(\d+)@/.exec(address)?.[1]),
        primaryId: primaryId === '-' ? undefined : primaryId,
        failed: /\bfail\b|handshake|noaddr/.test(flags),
        slots: slots
          .filter((range) => !range.startsWith('['))
          .map((range): [number, number] => {
            const [from, to = from] = range.split('-').map(Number)
            return [from ?? 0, to ?? 0]
          }),
      }
    })
}
