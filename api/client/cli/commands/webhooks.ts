import { readFile } from 'node:fs/promises'
import { GatewayError, type Client, type WebhookDelivery, type WebhookEndpoint } from '../../src/index.ts'
import { readArguments, usageError } from '../arguments.ts'
import type { Command } from '../command.ts'
import { exitCodes, type ExitCode } from '../exit-codes.ts'
import { openClient } from '../open-client.ts'
import { numberOf } from '../pace.ts'
import { reference } from '../reference.ts'
import { give, say, warn, type Terminal } from '../terminal.ts'

const actions = {
  list: [],
  create: ['URL'],
  show: ['ENDPOINT'],
  change: ['ENDPOINT'],
  delete: ['ENDPOINT'],
  rotate: ['ENDPOINT'],
  test: ['ENDPOINT'],
  recover: ['ENDPOINT'],
  deliveries: ['ENDPOINT'],
  delivery: ['ENDPOINT', 'MESSAGE'],
  resend: ['ENDPOINT', 'MESSAGE'],
  events: [],
} as const satisfies Record<string, readonly string[]>
type Action = keyof typeof actions
const names = Object.keys(actions) as Action[]

/** How long `test` waits for the answer of the endpoint. */
const TEST_WAIT_MS = 20_000
const LOOK_EVERY_MS = 250
/** As the value of an option: the default again. */
const NONE = 'none'
/** Deliveries that are listed unless `--max` says otherwise. */
const LISTED = 50

type Values = ReturnType<typeof readOptions>['values']
/** What an action works with. `id` and `message` are its operands. */
type At = { client: Client; terminal: Terminal; signal: AbortSignal; values: Values; id: string; message: string }

/** `webhooks ACTION ...`: everything that the owner of webhook endpoints needs. */
export const webhooks: Command = async (argv, terminal, signal) => {
  const action = names.find((name) => name === argv[0])
  if (!action) throw usageError(`webhooks takes one of ${names.join(', ')}`)
  const { values, positionals } = readOptions(argv.slice(1), [...actions[action]])
  const client = await openClient(terminal, values)
  const [id = '', message = ''] = positionals
  return run[action]({ client, terminal, signal, values, id, message })
}

function readOptions(argv: readonly string[], operands: string[]) {
  return readArguments(argv, reference.webhooks.options, operands)
}

const run: Record<Action, (at: At) => Promise<ExitCode>> = {
  async list({ client, terminal, signal }) {
    const all = await Array.fromAsync(client.webhookEndpoints.list({ signal }))
    give(terminal, { WebhookEndpoints: all })
    for (const each of all) say(terminal, endpointText(each))
    if (all.length === 0) say(terminal, 'no webhook endpoints; create one with: encounter-gateway webhooks create URL')
    return all.every(({ State }) => State === 'Enabled') ? exitCodes.ok : exitCodes.notAll
  },

  async create({ client, terminal, signal, values, id: Url }) {
    const settings = { ...(await settingsIn(values)), ...(values.disable && { Enabled: false }) }
    const Headers = headersIn(values.header)
    const made = await client.webhookEndpoints.create(
      { Url, ...settings, ...(Headers && { Headers }), ...signatureIn(values) },
      { signal },
    )
    give(terminal, made)
    say(terminal, endpointText(made))
    for (const note of made.Notes ?? []) warn(terminal, note)
    tellSecret(terminal, made)
    return exitCodes.ok
  },

  async show({ client, terminal, signal, id }) {
    const found = await client.webhookEndpoints.get(id, { signal })
    give(terminal, found)
    say(terminal, endpointText(found))
    return found.State === 'Enabled' ? exitCodes.ok : exitCodes.notAll
  },

  async change({ client, terminal, signal, values, id }) {
    const { enable, disable, url, full, thin } = values
    if (full && thin) throw usageError('--full and --thin exclude each other')
    if (enable && disable) throw usageError('--enable and --disable exclude each other')
    const change = {
      ...(await settingsIn(values)),
      ...(values.header && { Headers: changedHeadersIn(values.header) }),
      ...(thin && { Body: 'thin' as const }),
      ...(url !== undefined && { Url: url }),
      ...((enable || disable) && { Enabled: enable }),
    }
    if (Object.keys(change).length === 0) throw usageError('webhooks change takes at least one option')
    const changed = await client.webhookEndpoints.change(id, change, { signal })
    give(terminal, changed)
    say(terminal, endpointText(changed))
    return exitCodes.ok
  },

  async delete({ client, terminal, signal, id }) {
    await client.webhookEndpoints.remove(id, { signal })
    give(terminal, { EndpointId: id })
    say(terminal, `${id} is deleted`)
    return exitCodes.ok
  },

  async rotate({ client, terminal, signal, values, id }) {
    const overlapHours = values.overlap === undefined ? undefined : positiveIn('overlap', values.overlap)
    const { Signature } = signatureIn(values)
    const rotated = await client.webhookEndpoints.rotateSecret(id, { signal, overlapHours, signature: Signature })
    give(terminal, rotated)
    tellSecret(terminal, rotated)
    if (rotated.OldSecretUntil) say(terminal, `the old secret signs as well until ${rotated.OldSecretUntil}`)
    return exitCodes.ok
  },

  async test({ client, terminal, signal, id }) {
    const messageId = await client.webhookEndpoints.test(id, { signal })
    const delivery = await untilTried(client, id, messageId, signal)
    give(terminal, delivery ?? { MessageId: messageId })
    say(terminal, delivery ? deliveryText(delivery) : `${messageId} was not sent yet`)
    if (!delivery || delivery.Tries.length === 0) return exitCodes.tryLater
    return delivery.Status === 'Delivered' ? exitCodes.ok : exitCodes.notAll
  },

  async recover({ client, terminal, signal, values, id }) {
    if (values.since === undefined) throw usageError('webhooks recover requires --since')
    const dryRun = values['dry-run']
    const recovered = await client.webhookEndpoints.recover(id, values.since, { signal, dryRun })
    give(terminal, recovered)
    say(terminal, `${numberOf(recovered.Count, 'message')} ${dryRun ? 'not received' : 'sent again'}`)
    return exitCodes.ok
  },

  async deliveries({ client, terminal, signal, values, id }) {
    const status = statusIn(values)
    const found: WebhookDelivery[] = []
    const most = values.max === undefined ? LISTED : positiveIn('max', values.max)
    for await (const each of client.webhookEndpoints.deliveries(id, { status, since: values.since }, { signal })) {
      found.push(each)
      say(terminal, deliveryText(each))
      if (found.length >= most) break
    }
    give(terminal, { Deliveries: found })
    return exitCodes.ok
  },

  async delivery({ client, terminal, signal, id, message }) {
    const delivery = await client.webhookEndpoints.delivery(id, message, { signal })
    give(terminal, delivery)
    say(terminal, deliveryText(delivery))
    for (const { At, DurationMs, StatusCode, Error: error, NextAt } of delivery.Tries) {
      const how = error ?? `answered ${StatusCode}`
      say(terminal, `  ${At}  ${DurationMs} ms  ${how}${NextAt === undefined ? '' : `  next try ${NextAt}`}`)
    }
    return delivery.Status === 'Delivered' ? exitCodes.ok : exitCodes.notAll
  },

  async resend({ client, terminal, signal, id, message }) {
    await client.webhookEndpoints.resend(id, message, { signal })
    give(terminal, { MessageId: message })
    say(terminal, `${message} is sent again`)
    return exitCodes.ok
  },

  async events({ client, terminal, signal, values }) {
    let { after } = values
    do {
      const page = await client.webhookEndpoints.events({ signal, after, waitSeconds: values.follow ? 30 : 0 })
      for (const event of page.Events) terminal.out.write(`${JSON.stringify(event)}\n`)
      if (page.Missed !== undefined) warn(terminal, `${numberOf(page.Missed, 'message')} no longer kept`)
      if (page.Events.length === 0 && !values.follow) break
      after = page.After
    } while (!signal.aborted)
    return exitCodes.ok
  },
}

/** Waits for the first try of a message. */
async function untilTried(client: Client, endpointId: string, messageId: string, signal: AbortSignal) {
  const until = Date.now() + TEST_WAIT_MS
  for (;;) {
    try {
      const delivery = await client.webhookEndpoints.delivery(endpointId, messageId, { signal })
      if (delivery.Tries.length > 0 || delivery.Status !== 'Waiting' || Date.now() >= until) return delivery
    } catch (error) {
      if (!(error instanceof GatewayError) || error.status !== 404 || Date.now() >= until) throw error
    }
    await new Promise((resolve) => void setTimeout(resolve, LOOK_EVERY_MS))
    signal.throwIfAborted()
  }
}

/** What `create` and `change` have in common; `none` is the default. */
async function settingsIn(values: Values) {
  const { description, events, connections, full, 'per-second': perSecond, certificate } = values
  return {
    ...(description !== undefined && { Description: description }),
    ...(events !== undefined && { EventTypes: listIn(events) as NonNullable<WebhookEndpoint['EventTypes']> | null }),
    ...(connections !== undefined && { Connections: listIn(connections) }),
    ...(full && { Body: 'full' as const }),
    ...(perSecond !== undefined && {
      RequestsPerSecond: perSecond === NONE ? null : positiveIn('per-second', perSecond),
    }),
    ...(certificate !== undefined && {
      ClientCertificate: await certificateIn(certificate, values['certificate-key']),
    }),
  }
}

function listIn(text: string): string[] | null {
  return text === NONE ? null : text.split(',')
}

/** A number greater than or equal to 0; the gateway knows the rest of the rules. */
function positiveIn(option: string, text: string): number {
  if (!/^\d+(?:\.\d+)?$/.test(text)) throw usageError(`--${option} takes a number`)
  return Number(text)
}

/** The files of a client certificate. Throws a CliError that names the option whose file cannot be read. */
async function certificateIn(certificate: string, key: string | undefined) {
  if (certificate === NONE) return null
  if (key === undefined) throw usageError('--certificate requires --certificate-key')
  const read = async (option: string, file: string) =>
    readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw usageError(`the file of --${option} cannot be read (${error.code})`)
    })
  return { Certificate: await read('certificate', certificate), Key: await read('certificate-key', key) }
}

/** `Name=NAME_OF_A_VARIABLE`: the value comes from the environment, since it may be a credential. */
function headersIn(texts: readonly string[] | undefined): Record<string, string> | undefined {
  if (!texts) return undefined
  const pairs = texts.map((text) => {
    const [, name, variable = ''] = /^([^=]+)=(\w+)$/.exec(text) ?? []
    const value = process.env[variable]
    if (!name || !value) throw usageError('--header takes Name=VARIABLE, where that variable of the environment is set')
    return [name, value] as const
  })
  return Object.fromEntries(pairs)
}

/** The same, and `Name=` for a header that is removed. */
function changedHeadersIn(texts: readonly string[]): Record<string, string | null> {
  const removed = texts.filter((text) => /^[^=]+=$/.test(text))
  const kept = headersIn(texts.filter((text) => !removed.includes(text)))
  return { ...kept, ...Object.fromEntries(removed.map((text) => [text.slice(0, -1), null])) }
}

function signatureIn({ signature }: Values): { Signature?: 'v1' | 'v1a' } {
  if (signature === undefined) return {}
  if (signature !== 'v1' && signature !== 'v1a') throw usageError('--signature takes v1 or v1a')
  return { Signature: signature }
}

function statusIn({ status }: Values): WebhookDelivery['Status'] | undefined {
  const known = ['Waiting', 'Delivered', 'Failed'] as const
  const found = known.find((each) => each.toLowerCase() === status?.toLowerCase())
  if (status !== undefined && !found) throw usageError(`--status takes ${known.join(' or ')}`)
  return found
}

function tellSecret(terminal: Terminal, { Secret, PublicKey }: { Secret?: string; PublicKey?: string }): void {
  if (Secret !== undefined) say(terminal, `secret, shown only now: ${Secret}`)
  else if (PublicKey !== undefined) say(terminal, `verify with the public key ${PublicKey}`)
}

function endpointText({ EndpointId, Url, State, Reason, Pending, LastSuccessAt }: WebhookEndpoint): string {
  const parts = [
    `${EndpointId}  ${State}${Reason === undefined ? '' : ` (${Reason})`}`,
    Url ?? '',
    `${numberOf(Pending, 'message')} waiting`,
    ...(LastSuccessAt === undefined ? [] : [`last delivered ${LastSuccessAt}`]),
  ]
  return parts.filter(Boolean).join('  ')
}

function deliveryText({ MessageId, Type, Status, CreatedAt, Tries }: WebhookDelivery): string {
  const last = Tries.at(-1)
  const how = last && (last.Error ?? (last.StatusCode === undefined ? '' : `answered ${last.StatusCode}`))
  const next = last?.NextAt === undefined ? '' : `next try ${last.NextAt}`
  return [CreatedAt, MessageId, Type, Status, `${Tries.length} ${Tries.length === 1 ? 'try' : 'tries'}`, how, next]
    .filter(Boolean)
    .join('  ')
}
