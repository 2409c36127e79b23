import pg from 'pg'

/** For tests: forgets all rows of a schema, which is much quicker than making it anew. */
export async function emptySchema(url: string, schema: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const tables = await client.query(
    `select table_name as name from information_schema.tables where table_schema = $1 and table_name not like 'knex%'`,
    [schema],
  )
  await client.query(tables.rows.map(({ name }) => `delete from ${schema}.${name}`).join(';'))
  await client.end()
}
