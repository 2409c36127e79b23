/**
 * Ids of requests: UUIDs (version 8 of RFC 9562) of random bits that are this gateway's and a count. They are to be told apart, not to be
 * secret, and this way costs a fifth of a random UUID for each.
 */
export function requestIds(randomUUID: () => string): () => string {
  const prefix = `${randomUUID().slice(0, 14)}8${randomUUID().slice(15, 18)}-${randomUUID().slice(19, 23)}-`
  let count = 0
  return () => prefix + (++count).toString(16).padStart(12, '0')
}
