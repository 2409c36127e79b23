import type { Artifact } from '@openzimki/core'

/** A program that writes numbered notes for a writer, reads them, and tells which numbers there are. */
const SOURCE = `zimki.publishPath("/write", function (args) { return Note.create({ writer: args.writer, n: Number(args.n) }).id })
zimki.publishPath("/read", function (args) { var note = Note.get(args.id); return note === null ? "lost" : String(note.n) })
zimki.publishPath("/numbers", function (args) {
  var page = Note.search({ writer: args.writer }, { order_by: "n", page: Number(args.page), per_page: Number(args.size) })
  return JSON.stringify(page.map(function (note) { return note.n }))
})`

export const NOTE_REALM: Artifact = {
  ...{ format: 1, kind: 'script', scripts: [{ name: 'main.js', source: SOURCE }], classes: ['Note'] },
  ...{ templates: [], tests: [], files: [], env: {}, limits: {}, schedules: [], shared: [] },
}
