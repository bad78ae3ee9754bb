import { Cluster, Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { amendedCluster } from './amend-ioredis.ts'

test('a pipeline of a cluster goes to one server as a whole, or not at all', async () => {
  const cluster = new Cluster([{ host: '127.0.0.1', port: 1 }], { lazyConnect: true, enableOfflineQueue: false })
  amendedCluster(cluster)
  // a server that has gone, and one that is there
  const servers = ['end', 'ready'].map((status) => Object.assign(new Redis({ lazyConnect: true }), { status }))
  const taken: string[] = []
  for (const server of servers) {
    server.sendCommand = (command) => {
      taken.push(command.name)
      return command.promise
    }
  }
  const [gone, there] = servers
  const found = [gone, there, there, there]
  Object.assign(Reflect.get(cluster, 'connectionPool') as object, { getSampleInstance: () => found.shift() })
  Object.assign(cluster, { status: 'ready', slots: Array.from({ length: 16_384 }, () => ['127.0.0.1:1']) })
  await expect(cluster.multi().set('a', 1).set('a', 2).exec()).rejects.toThrow('first command of this pipeline')
  expect(taken).toEqual([])
  for (const client of [cluster, ...servers]) client.disconnect()
})
