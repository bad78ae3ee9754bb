import { isPublicAddress, type AddressRules } from '@encounter-gateway/shared/webhooks/public-address.ts'
import { once } from 'node:events'
import { createServer, type AddressInfo, type LookupFunction } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { guardedConnector } from './address-guard.ts'

test.for([
  ['8.8.8.8', 'a public IPv4 address'],
  ['2606:4700:4700::1111', 'a public IPv6 address'],
  ['172.32.0.1', 'the first address above 172.16/12'],
  ['100.128.0.1', 'the first address above 100.64/10'],
] as const)('%s is allowed: %s', ([address]) => {
  expect(isPublicAddress(address)).toBe(true)
})

test.for([
  ['0.0.0.0', 'unspecified, reaches this host on Linux'],
  ['0.1.2.3', 'this network'],
  ['10.1.2.3', 'private'],
  ['100.64.0.1', 'shared by a carrier (CGNAT)'],
  ['100.100.100.200', "Alibaba's metadata"],
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['168.63.129.16', "Azure's wire server"],
  ['169.254.169.254', "most clouds' metadata"],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.0.0.192', "Oracle's metadata"],
  ['192.88.99.1', '6to4 relay'],
  ['192.168.0.1', 'private'],
  ['198.18.0.1', 'benchmarks'],
  ['224.0.0.1', 'multicast'],
  ['240.0.0.1', 'reserved'],
  ['255.255.255.255', 'broadcast'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['::127.0.0.1', 'IPv4-compatible'],
  ['::ffff:127.0.0.1', 'IPv4-mapped'],
  ['::ffff:8.8.8.8', 'IPv4-mapped, even a public one'],
  ['::ffff:0:10.0.0.1', 'IPv4-translated'],
  ['64:ff9b::10.0.0.1', 'NAT64'],
  ['64:ff9b:1::1', 'local NAT64'],
  ['2001::1', 'Teredo'],
  ['2001:db8::1', 'documentation'],
  ['2002:7f00:1::', '6to4 of 127.0.0.1'],
  ['fc00::1', 'unique local'],
  ['fd00:ec2::254', "AWS' metadata"],
  ['fe80::1', 'link-local'],
  ['fe80::1%eth0', 'link-local with a zone'],
  ['fec0::1', 'site-local'],
  ['ff02::1', 'multicast'],
  ['localhost', 'not an address'],
  ['', 'nothing'],
] as const)('%s is refused: %s', ([address]) => {
  expect(isPublicAddress(address)).toBe(false)
})

/** A server on this machine, and the result of connecting to it under `host`: 'connected' or the error's name. */
async function listener() {
  const server = createServer((socket) => socket.end())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const port = String((server.address() as AddressInfo).port)
  const connect = (hostname: string, rules: Partial<AddressRules>, lookup?: LookupFunction, protocol = 'http:') =>
    new Promise<string>((resolve) => {
      guardedConnector(
        { allowHttp: true, allowHosts: [], ...rules },
        undefined,
        lookup,
      )({ hostname, port, protocol }, (error, socket) => {
        socket?.destroy()
        resolve(error ? error.name : 'connected')
      })
    })
  return { port, connect }
}

/** DNS that returns `addresses` for every name. */
function dnsWith(...addresses: string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  return (_hostname, options, callback) => {
    if (options.all) callback(null, found)
    else callback(null, found[0]?.address ?? '', found[0]?.family)
  }
}

test('a literal private address is refused without a connection', async () => {
  const { connect } = await listener()
  expect(await connect('127.0.0.1', {})).toBe('AddressNotAllowed')
  expect(await connect('::1', {})).toBe('AddressNotAllowed')
  expect(await connect('[::1]', {})).toBe('AddressNotAllowed')
})

test('a name is refused for the address it resolves to when connecting', async () => {
  const { connect } = await listener()
  expect(await connect('localhost', {})).toBe('AddressNotAllowed')
  expect(await connect('hooks.example', {}, dnsWith('127.0.0.1'))).toBe('AddressNotAllowed')
})

test('a name is refused if only one of its addresses is private', async () => {
  const { connect } = await listener()
  expect(await connect('hooks.example', {}, dnsWith('8.8.8.8', '127.0.0.1'))).toBe('AddressNotAllowed')
})

test('a name that changes its address is looked up once for each connection, so what was checked is what is connected to', async () => {
  const { connect } = await listener()
  let asked = 0
  const rebinding: LookupFunction = (hostname, options, callback) => {
    asked++
    dnsWith('127.0.0.1')(hostname, options, callback)
  }
  expect(await connect('rebound.example', {}, rebinding)).toBe('AddressNotAllowed')
  expect(asked).toBe(1)
})

test('an allowed host may have any address, by name or by address, with or without its port', async () => {
  const { connect, port } = await listener()
  const dns = dnsWith('127.0.0.1')
  expect(await connect('127.0.0.1', { allowHosts: ['127.0.0.1'] })).toBe('connected')
  expect(await connect('127.0.0.1', { allowHosts: [`127.0.0.1:${port}`] })).toBe('connected')
  expect(await connect('hooks.example', { allowHosts: ['Hooks.Example'] }, dns)).toBe('connected')
  expect(await connect('hooks.example.', { allowHosts: [`hooks.example:${port}`] }, dns)).toBe('connected')
})

test('an allowed host does not allow its other ports, its subdomains or its neighbours', async () => {
  const { connect } = await listener()
  const dns = dnsWith('127.0.0.1')
  expect(await connect('127.0.0.1', { allowHosts: ['127.0.0.1:1'] })).toBe('AddressNotAllowed')
  expect(await connect('a.hooks.example', { allowHosts: ['hooks.example'] }, dns)).toBe('AddressNotAllowed')
  expect(await connect('127.0.0.2', { allowHosts: ['127.0.0.1'] })).toBe('AddressNotAllowed')
})

test('an allowed IPv6 address matches however it is written', async () => {
  const { connect, port } = await listener()
  // Nothing listens on ::1, so an allowed connection is refused by the system instead.
  for (const entry of ['::1', '[::1]', '0:0:0:0:0:0:0:1', `[0::1]:${port}`]) {
    expect(await connect('::1', { allowHosts: [entry] })).not.toBe('AddressNotAllowed')
  }
  expect(await connect('::1', { allowHosts: ['[::1]:1'] })).toBe('AddressNotAllowed')
})

test('http is refused, even to an allowed host, unless the configuration allows it', async () => {
  const { connect } = await listener()
  expect(await connect('127.0.0.1', { allowHttp: false, allowHosts: ['127.0.0.1'] })).toBe('AddressNotAllowed')
})
