const POST = 'POST /u/wiki/ HTTP/1.1\r\nHost: x\r\n'
const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n\r\n`

/** Heads that are not HTTP, or that two parsers could read in two ways; each gets 400. By what it is that is wrong. */
export const MALFORMED_HEADS: [what: string, text: string][] = [
  ['is noise', '\x00\x01\x02\x03\r\n\r\n'],
  ['has no version', 'GET /u/wiki/\r\n\r\n'],
  ['has no host', 'GET /u/wiki/ HTTP/1.1\r\n\r\n'],
  ['has no host in HTTP/1.0', 'GET /u/wiki/ HTTP/1.0\r\n\r\n'],
  ['has two hosts', 'GET /u/wiki/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
  ['has a host that is none', 'GET /u/wiki/ HTTP/1.1\r\nHost: a b\r\n\r\n'],
  ['has a length and chunks', `${POST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['has chunks and a length', `${POST}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n`],
  ['has two lengths', `${POST}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd`],
  ['has a negative length', `${POST}Content-Length: -1\r\n\r\n`],
  ['hides chunks behind a space', `${POST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
  ['hides chunks behind another coding', `${POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
  ['folds a header', 'GET /u/wiki/ HTTP/1.1\r\nHost: x\r\nX: a\r\n b: c\r\n\r\n'],
  ['ends lines with a bare line feed', 'GET /u/wiki/ HTTP/1.1\nHost: x\n\n'],
  ['asks for no path', 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['puts a zero in a header', 'GET /u/wiki/ HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n'],
]

/** A good head and some of its body, and then what is no chunk; the cell has been asked by then. */
export const MALFORMED_CHUNKS: [what: string, text: string][] = [
  ['a chunk size that is none', `${CHUNKED}2\r\nab\r\nzz\r\n`],
  ['a chunk longer than its size', `${CHUNKED}2\r\nab\r\n1\r\nab\r\n`],
  ['a chunk size beyond all', `${CHUNKED}2\r\nab\r\nffffffffffffffffff\r\n`],
]
