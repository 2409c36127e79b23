import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { TestCell, type TestRealm } from '../testing/test-cell.ts'

/** ZIMKI-API section 4: `zimki_user` and `zimki_group` answer create, get and search like classes. */
describe('ZIMKI-API 4: users and groups as classes', () => {
  let cell: TestCell
  let realm: TestRealm
  beforeAll(async () => {
    cell = await TestCell.open()
    realm = await cell.script('')
    await run(`var names = ["ann", "bob", "carl"]; for (var i = 0; i < 3; i++)
      zimki_user.create({ username: names[i], password: "pw", age: [3, 20, 100][i] });
      zimki_group.create({ name: "editors", rank: 2 }); zimki_group.create({ name: "readers", rank: 10 })`)
  })
  afterAll(() => cell.close())

  async function run(code: string): Promise<unknown> {
    const { value, error } = await realm.evaluate(`JSON.stringify((function () { ${code} })()) || "null"`)
    if (error) throw new Error(error.message)
    return JSON.parse(JSON.parse(value!))
  }

  it('before there are any, search and get find none', async () => {
    const empty = await cell.script('')
    expect(
      await empty.evaluate(
        '[zimki_user.search().length, zimki_user.get({ username: "x" }), zimki_group.search().length, zimki_group.get({})].join()',
      ),
    ).toMatchObject({ value: '"0,,0,"' })
  })

  it('zimki_user.search takes terms and options', async () => {
    const names = (args: string) =>
      run(`return zimki_user.search(${args}).map(function (u) { return u.username })`)
    expect(await names('')).toEqual(['ann', 'bob', 'carl'])
    expect(await names('{ username__in: ["carl", "ann"] }')).toEqual(['ann', 'carl'])
    expect(await names('{ "age__gt:numeric": 3 }, { order_by: "-age:numeric" }')).toEqual(['carl', 'bob'])
    expect(await names('{}, { order_by: "username", page: 2, per_page: 2 }')).toEqual(['carl'])
  })

  it('zimki_user.get takes an id or terms', async () => {
    expect(
      await run(`var bob = zimki_user.get({ username: "bob" });
        return [bob.age, zimki_user.get(bob.id).username, zimki_user.get("nope"), zimki_user.get({ username: "zoe" }), "" + bob]`),
    ).toEqual([20, 'bob', null, null, 'bob'])
  })

  it('zimki_user.create() is stored at save, and found by the id that it gets then', async () => {
    expect(
      await run(`var u = zimki_user.create(); u.username = "dora"; u.email = "d@e"; var before = [u.id, zimki_user.get({ username: "dora" })];
        u.save(); return [before, zimki_user.get(u.id).email, typeof u.creation_date]`),
    ).toEqual([[null, null], 'd@e', 'string'])
    await run('zimki_user.get({ username: "dora" }).deleteInstance()')
    expect(await run('return zimki_user.get({ username: "dora" })')).toBeNull()
  })

  it('zimki_group.get and zimki_group.search take the same', async () => {
    expect(
      await run(`var g = zimki_group.get({ name: "readers" });
        return [g.rank, zimki_group.get(g.id).name, zimki_group.get("nope"), zimki_group.search({ name__startswith: "e" }).length,
          zimki_group.search({}, { order_by: "-rank:numeric" }).map(function (g) { return g.name })]`),
    ).toEqual([10, 'readers', null, 1, ['readers', 'editors']])
  })
})
