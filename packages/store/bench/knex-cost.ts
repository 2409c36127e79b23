/** `node packages/store/bench/knex-cost.ts`: one row by its key, through knex's builder and as a prepared statement. */
import type BetterSqlite3 from 'better-sqlite3'
import knexModule from 'knex'

const RUNS = 20_000
const knex = knexModule({
  client: 'better-sqlite3',
  connection: { filename: ':memory:' },
  useNullAsDefault: true,
  pool: { min: 1, max: 1 },
})
await knex.schema.createTable('t', (table) => {
  table.integer('id').primary()
  table.text('text')
})
await knex('t').insert({ id: 1, text: 'x' })
const connection = (await knex.client.acquireConnection()) as BetterSqlite3.Database
const statement = connection.prepare('select id, text from t where id = ?')
const each = (start: number): string => `${(((performance.now() - start) / RUNS) * 1_000).toFixed(1)} us`

let start = performance.now()
for (let run = 0; run < RUNS; run++) statement.all([1])
console.log('prepared statement:', each(start))
await knex.client.releaseConnection(connection)
start = performance.now()
for (let run = 0; run < RUNS; run++) await knex('t').select('id', 'text').where({ id: 1 })
console.log('knex builder:', each(start))
await knex.destroy()
