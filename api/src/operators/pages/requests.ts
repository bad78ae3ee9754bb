import type { Operator } from '@encounter-gateway/shared/config/schema.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Refusal } from '../../http/refusal.ts'
import type { Actor } from '../acts.ts'
import { isOwnRequest } from '../identify.ts'
import { mayDo, type Right } from '../rights.ts'
import type { Html } from './layout.ts'

/** Sends a page. */
export function sendPage(reply: FastifyReply, page: Html): FastifyReply {
  return reply.type('text/html; charset=utf-8').send(page)
}

/** The operator, if the role permits it. Throws a 403. */
export function allowed({ operator }: FastifyRequest, right: Right): Operator {
  if (!operator) throw new TypeError('the guard lets nobody else in')
  if (!mayDo(operator, right)) {
    throw new Refusal('operator-forbidden', `The role ${operator.role} does not include this.`)
  }
  return operator
}

/** As `allowed`, for a change: it must come from a page of this session. */
export function allowedChange(request: FastifyRequest): Operator {
  const { identity } = request
  if (!identity || !isOwnRequest(identity, textOf(request.body, 'csrf'))) {
    throw new Refusal('operator-forbidden', 'This form is not of this session: open the page again.')
  }
  return allowed(request, 'act')
}

/** Who sends a form, and the reason in it. Throws a 400 without one, and as `allowedChange`. */
export function actorOf(request: FastifyRequest): Actor {
  const operator = allowedChange(request)
  const reason = textOf(request.body, 'reason').trim()
  // oxlint-disable-next-line no-control-regex -- these are what is refused
  if (reason === '' || reason.length > 200 || /[\u0000-\u001F\u007F-\u009F]/.test(reason)) {
    throw new Refusal('invalid-request', 'Give a reason of at most 200 characters.')
  }
  return { operator, from: request.ip, reason }
}

/** What the forms of this session must hold. */
export function csrfOf({ identity }: FastifyRequest): string {
  return identity?.session?.csrf ?? ''
}

/** A positive whole number; `undefined` if the field is empty. Throws a 400 for anything else. */
export function numberOf(fields: unknown, name: string, most = 99_999): number | undefined {
  const text = textOf(fields, name).trim()
  if (text === '') return undefined
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (value < 1 || value > most) throw new Refusal('invalid-request', `${name} must be a number from 1 to ${most}.`)
  return value
}

/** A field of a form or a query; '' if it is absent. */
export function textOf(fields: unknown, name: string): string {
  const value = typeof fields === 'object' && fields !== null ? (fields as Record<string, unknown>)[name] : undefined
  return typeof value === 'string' ? value : ''
}
