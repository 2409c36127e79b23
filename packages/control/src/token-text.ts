import { createHash, randomBytes } from 'node:crypto'

/** Recognisable, so that scanners for leaked secrets can find it. */
const PREFIX = 'zt_'
const SHAPE = /^zt_[\w-]{43}$/

/** A new token: 256 bits of the system's randomness. */
export const newTokenText = (): string => PREFIX + randomBytes(32).toString('base64url')

/** What is kept of a token. It has 256 random bits, so a fast hash is as good as a slow one. */
export const tokenHash = (text: string): string => createHash('sha256').update(text).digest('hex')

export const isTokenText = (text: string): boolean => SHAPE.test(text)
