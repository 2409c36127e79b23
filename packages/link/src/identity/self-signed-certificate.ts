import { createPublicKey, sign } from 'node:crypto'
import type { Identity } from './identity.ts'

/** DER: type, length, contents (ITU-T X.690). */
const TAG = {
  integer: 0x02,
  bits: 0x03,
  oid: 0x06,
  text: 0x0c,
  sequence: 0x30,
  set: 0x31,
  utcTime: 0x17,
  time: 0x18,
}
/** 1.3.101.112 (RFC 8410) and 2.5.4.3, the common name, in DER. */
const ED25519 = Buffer.from([0x2b, 0x65, 0x70])
const COMMON_NAME = Buffer.from([0x55, 0x04, 0x03])
const SHORT_LENGTH = 0x80

/**
 * A certificate that says no more than: this is my key. TLS asks for one; who connects pins the key and reads nothing else in it, hence
 * no dates and no names that mean anything. The same identity always gives the same one. PEM.
 */
export function selfSignedCertificate({ privateKey }: Identity): string {
  const key = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const algorithm = der(TAG.sequence, der(TAG.oid, ED25519))
  const common = der(TAG.sequence, der(TAG.oid, COMMON_NAME), der(TAG.text, Buffer.from('zimki')))
  const name = der(TAG.sequence, der(TAG.set, common))
  const serial = der(TAG.integer, Buffer.from([1]))
  // RFC 5280, 4.1.2.5: the last of these means "no end".
  const validity = der(
    TAG.sequence,
    der(TAG.utcTime, Buffer.from('000101000000Z')),
    der(TAG.time, Buffer.from('99991231235959Z')),
  )
  const body = der(TAG.sequence, serial, algorithm, name, validity, name, key)
  const signature = Buffer.concat([Buffer.from([0]), sign(null, body, privateKey)])
  const certificate = der(TAG.sequence, body, algorithm, der(TAG.bits, signature))
  const lines = certificate.toString('base64').replaceAll(/.{64}/g, '$&\n')
  return `-----BEGIN CERTIFICATE-----\n${lines.trimEnd()}\n-----END CERTIFICATE-----\n`
}

function der(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  const { length } = content
  const size = length < SHORT_LENGTH ? [length] : [SHORT_LENGTH | 2, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}
