import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { documented, problemReplies } from '../../http/documented.ts'
import { readAudit } from '../audit-page.ts'
import { everyRoute, operatorOf, operatorRoute } from './operator-route.ts'
import * as schemas from './schemas.ts'

/** `/Audit`: the log of acts, for auditors. */
export const auditRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    '/Audit',
    {
      config: { right: 'audit' },
      schema: {
        ...operatorRoute,
        operationId: 'listAuditEntries',
        summary: 'Read the audit log, newest first',
        querystring: Type.Object(
          {
            Actor: Type.Optional(Type.String({ maxLength: 64 })),
            Action: Type.Optional(Type.String({ maxLength: 64 })),
            JobId: Type.Optional(Type.String({ maxLength: 64 })),
            From: Type.Optional(Type.String({ format: 'date-time' })),
            To: Type.Optional(Type.String({ format: 'date-time' })),
            Cursor: Type.Optional(Type.String({ pattern: '^\\d{1,15}-\\d{1,10}$' })),
            Limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
          },
          { additionalProperties: false },
        ),
        response: { 200: documented('One page of entries.', schemas.AuditPage), ...problemReplies(...everyRoute) },
      },
    },
    (request) => readAudit(app.audit, operatorOf(request), request.query),
  )
}
