import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The configuration of `npm start` and docker-compose.yml; its credentials protect nothing. */
export const LOCAL_CONFIG = fileURLToPath(new URL('local-config.json', import.meta.url))

/** The secret that signs the webhooks of the application in `LOCAL_CONFIG`. */
export function localWebhookSecret(): string {
  const { applications } = JSON.parse(readFileSync(LOCAL_CONFIG, 'utf8')) as {
    applications: [{ webhook: { secret: string } }]
  }
  return applications[0].webhook.secret
}
