/** The first part of every key, also of BullMQ's. */
export const KEY_PREFIX = 'eg'
