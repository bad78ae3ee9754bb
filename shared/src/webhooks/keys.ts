import { KEY_PREFIX } from '../redis/key-prefix.ts'

/** The endpoint that the configuration gives an application. */
export const CONFIGURED_ENDPOINT = 'ep_config'

/** The keys of one application's webhooks, all in one hash slot, so that each transition can be one script. */
export function webhookKeys(application: string) {
  const base = `${KEY_PREFIX}:{hooks.${application}}`
  return {
    base,
    /** Stream: each message of the application once. Its ids are `<ms>-<n>`, `n` the running number of the message. */
    feed: `${base}:feed`,
    /**
     * The number, time and id of the newest message, and by connection the highest place in its outbox of a message that
     * is here.
     */
    head: `${base}:head`,
    /** By EndpointId: when there is something to do for it. All endpoints that are not disabled. */
    wake: `${base}:wake`,
    /** By EndpointId: the endpoint, sealed. */
    endpoints: `${base}:endpoints`,
    /** Counts the changes of endpoints. */
    endpointsVersion: `${base}:endpoints-version`,
  }
}

/** The keys of one endpoint's deliveries. A message is known there by its id in the feed. */
export function laneKeys(application: string, endpointId: string) {
  const { base } = webhookKeys(application)
  return {
    /** How far the feed has been taken, and how the endpoint has answered. */
    lane: `${base}:lane:${endpointId}`,
    /** What is to be sent besides the rest of the feed, by when. */
    due: `${base}:due:${endpointId}`,
    /** What is being sent, by the end of its lease. */
    busy: `${base}:busy:${endpointId}`,
    /** By message: how often it was tried, unless not at all. Of `due` and `busy`. */
    tried: `${base}:tried:${endpointId}`,
    /** The newest deliveries, by when. */
    done: `${base}:done:${endpointId}`,
    /** The newest dead letters, by when. */
    dead: `${base}:dead:${endpointId}`,
    /** The tries of one message, by its `webhook-id`. */
    tries: (id: string) => `${base}:tries:${endpointId}:${id}`,
    /** A bit for each message, by its number. */
    delivered: (block: number) => `${base}:delivered:${endpointId}:${block}`,
  }
}
