import { Hono } from 'hono'
import { checkEntry, type Env } from './entry.ts'
import { page } from './page.ts'

const PER_PAGE = 20

const app = new Hono<{ Bindings: Env }>()

app.get('/', async (c) => {
  const number = Math.max(1, Number.parseInt(c.req.query('page') ?? '1', 10) || 1)
  return c.html(await list(c.env, number))
})

app.post('/', async (c) => {
  const form = await c.req.parseBody()
  const entry = checkEntry(form.name, form.message)
  if (typeof entry === 'string') return c.html(await list(c.env, 1, entry), 400)
  await c.env.zimki.classes.Entry.create({ ...entry, at: new Date().toISOString() })
  // Relative, so that it is right at every address of the realm; 303, so that a reload does not sign twice.
  return c.redirect('./', 303)
})

app.get('/entries.json', async (c) => {
  const entries = await c.env.zimki.classes.Entry.search({}, { orderBy: '-at', page: 1, perPage: PER_PAGE })
  return c.json(entries.map(({ name, message, at }) => ({ name, message, at })))
})

async function list(env: Env, number: number, problem?: string) {
  const [entries, total] = await Promise.all([
    env.zimki.classes.Entry.search({}, { orderBy: '-at', page: number, perPage: PER_PAGE }),
    env.zimki.classes.Entry.count(),
  ])
  return page({ entries, number, pages: Math.max(1, Math.ceil(total / PER_PAGE)), problem })
}

export default app
