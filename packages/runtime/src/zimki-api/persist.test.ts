import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { TestCell, type TestRealm } from '../testing/test-cell.ts'

/** ZIMKI-API section 3: persistence. Each case runs code in the realm, as a program would. */
describe('ZIMKI-API 3: persistence', () => {
  let cell: TestCell
  let realm: TestRealm
  beforeAll(async () => {
    cell = await TestCell.open()
    realm = await cell.script('', { classes: ['Page', 'Item'] })
    await run(`var ages = [3, 20, 100]; for (var i = 0; i < 3; i++)
      Item.create({ name: ["ann", "Bob", "carl"][i], age: ages[i], flag: i == 1 })`)
  })
  afterAll(() => cell.close())

  /** The value of an expression or a function body, through JSON. */
  async function run(code: string): Promise<unknown> {
    const { value, error } = await realm.evaluate(`JSON.stringify((function () { ${code} })()) || "null"`)
    if (error) throw new Error(error.message)
    return JSON.parse(JSON.parse(value!))
  }

  it('zimki.persist.create makes a class and its global at once, and throws if it exists', async () => {
    expect(
      await run('zimki.persist.create("Fresh"); return [typeof Fresh.create, Fresh.search().length]'),
    ).toEqual(['function', 0])
    await expect(run('zimki.persist.create("Fresh")')).rejects.toThrow(/exist/i)
  })

  it.each(['__proto__', 'constructor', 'a b', '1x', 'zimki_user', ''])(
    'refuses the class name %p',
    async (name) => {
      await expect(run(`zimki.persist.create(${JSON.stringify(name)})`)).rejects.toThrow()
    },
  )

  it('Name.create(properties) stores at once; Name.create() stores at save', async () => {
    expect(await run('var p = Page.create({ t: "x" }); return Page.get(p.id).t')).toBe('x')
    expect(
      await run(
        'var p = Page.create(); p.t = "later"; var before = p.id; p.save(); return [typeof before, Page.get(p.id).t]',
      ),
    ).toEqual(['undefined', 'later'])
  })

  it('Name.get takes an id or terms, and answers null when there is nothing', async () => {
    expect(
      await run('return [Item.get({ name: "ann" }).age, Item.get("nope"), Item.get({ name: "zoe" })]'),
    ).toEqual([3, null, null])
  })

  it('Name.get(terms) answers the first of several, in the order of creation', async () => {
    expect(
      await run(`var first = Page.create({ twin: "yes", n: 2 }); Page.create({ twin: "yes", n: 1 }); first.n = 3; first.save();
        return [Page.get({ twin: "yes" }).n, Page.search({ twin: "yes" }).map(function (p) { return p.n })]`),
    ).toEqual([3, [3, 1]])
  })

  it('Name.search answers a plain array', async () => {
    expect(
      await run(
        'var all = Item.search(); return [all.length, all instanceof Array, all.constructor === Array]',
      ),
    ).toEqual([3, true, true])
  })

  it('an object has id and creation_date, takes any property, and deleteInstance removes it', async () => {
    expect(
      await run(`var p = Page.create({ a: 1 }); p.b = { c: [1, 2] }; p.save(); var q = Page.get(p.id);
        q.deleteInstance(); return [q.b, /^[0-9a-f-]{36}$/.test(q.id), /^\\d{4}-\\d\\d-\\d\\dT/.test(q.creation_date), Page.get(p.id)]`),
    ).toEqual([{ c: [1, 2] }, true, true, null])
  })

  it('methods on Name.prototype are found on stored objects, and objects are strings without throwing', async () => {
    expect(
      await run(`Item.prototype.hello = function () { return "hello " + this.name };
      var o = Item.get({ name: "ann" }); return [o.hello(), typeof ("" + o)]`),
    ).toEqual(['hello ann', 'string'])
  })

  it('for...in over an object meets its properties and no methods', async () => {
    expect(
      await run(
        'var keys = []; for (var k in Item.get({ name: "ann" })) if (k != "hello") keys.push(k); return keys.sort()',
      ),
    ).toEqual(['age', 'creation_date', 'flag', 'id', 'name'])
  })

  it('expires "+1s" and friends: afterwards it is gone from every read', async () => {
    expect(
      await run(`Page.create({ k: "gone", expires: Date.now() - 1000 }); Page.create({ k: "stays", expires: "+10m" });
      return [Page.search({ k: "gone" }).length, Page.get({ k: "gone" }), Page.search({ k: "stays" }).length]`),
    ).toEqual([0, null, 1])
    await expect(run('Page.create({ expires: "soon" })')).rejects.toThrow('+10m')
  })

  it('expires is set on an object that is there, and stays when it is read and saved', async () => {
    expect(
      await run(`var p = Page.create({ k: "kept" }), atMs = Date.now() + 5000;
        p.expires = "+5s"; p.save(); var read = Page.get(p.id), before = read.expires;
        read.k = "changed"; read.save(); var again = Page.get(p.id);
        return [Math.abs(Date.parse(before) - atMs) < 5000, again.k, again.expires === before]`),
    ).toEqual([true, 'changed', true])
    expect(
      await run(`var p = Page.get({ k: "changed" }); p.expires = null; p.save(); var never = typeof Page.get(p.id).expires;
        p.expires = new Date(Date.now() - 1); p.save(); return [never, Page.get(p.id)]`),
    ).toEqual(['undefined', null])
  })

  it('creation_date is set by the platform alone', async () => {
    expect(
      await run(`var made = Page.create({ creation_date: "1999-01-01T00:00:00.000Z" }), late = Page.create();
        late.creation_date = "1999-01-01T00:00:00.000Z"; late.save();
        var read = Page.get(made.id), date = read.creation_date; read.creation_date = "1999"; read.save();
        return [made.creation_date > "2020", late.creation_date > "2020", Page.get(made.id).creation_date === date,
          date === made.creation_date, Page.search({ creation_date__startswith: "1999" }).length]`),
    ).toEqual([true, true, true, true, 0])
    for (const { data } of await cell.objects.search(realm.realm, 'Page', {}))
      expect(data).not.toHaveProperty('creation_date')
  })

  it('creation_date compares with <, and sorts', async () => {
    expect(
      await run(`function make(k) { var p = Page.create({ dated: "yes", k: k }), t = Date.now(); while (Date.now() === t) {} return p }
        var a = make("a"), b = make("b"), c = make("c"); a.save();
        function ks(order) { return Page.search({ dated: "yes" }, { order_by: order }).map(function (p) { return p.k }).join("") }
        return [a.creation_date < b.creation_date, c.creation_date < b.creation_date, ks("creation_date"), ks("-creation_date"),
          Page.search({ dated: "yes", creation_date__gt: a.creation_date }).length]`),
    ).toEqual([true, false, 'abc', 'cba', 2])
  })

  it.each([
    ['{ age: "20" }', ['Bob']],
    ['{ age: 20 }', ['Bob']],
    ['{ name__exact: "ann" }', ['ann']],
    ['{ name__iexact: "BOB" }', ['Bob']],
    ['{ name__startswith: "c" }', ['carl']],
    ['{ name__istartswith: "b" }', ['Bob']],
    ['{ name__endswith: "n" }', ['ann']],
    ['{ name__iendswith: "B" }', ['Bob']],
    ['{ name__contains: "ar" }', ['carl']],
    ['{ age__gt: "20" }', ['ann']],
    ['{ age__gte: "20" }', ['ann', 'Bob']],
    ['{ age__lt: "20" }', ['carl']],
    ['{ age__lte: "20" }', ['Bob', 'carl']],
    ['{ "age__gte:numeric": 20 }', ['Bob', 'carl']],
    ['{ "age__lt:numeric": 20 }', ['ann']],
    ['{ "age__gt:numeric": 3 }', ['Bob', 'carl']],
    ['{ "age__lte:numeric": 20 }', ['ann', 'Bob']],
    ['{ name__in: ["ann", "carl"] }', ['ann', 'carl']],
    ['{ name__not: "ann" }', ['Bob', 'carl']],
    ['{ name__startswith: "a", age: 3 }', ['ann']],
    ['{ flag: true }', ['Bob']],
  ])('search(%s) finds %j', async (terms, names) => {
    expect(
      await run(
        `return Item.search(${terms}).map(function (o) { return o.name }).sort(function (a, b) { return a.toLowerCase() < b.toLowerCase() ? -1 : 1 })`,
      ),
    ).toEqual(names)
  })

  it('an unknown clause throws', async () => {
    await expect(run('Item.search({ name__like: "x" })')).rejects.toThrow(/like/)
  })

  it.each([
    ['{ order_by: "name" }', ['Bob', 'ann', 'carl']],
    ['{ orderby: "-name" }', ['carl', 'ann', 'Bob']],
    ['{ order_by: "age" }', ['carl', 'Bob', 'ann']],
    ['{ order_by: "age:numeric" }', ['ann', 'Bob', 'carl']],
    ['{ order_by: ["flag", "-age:numeric"] }', ['carl', 'ann', 'Bob']],
    ['{ order_by: "age:numeric", page: 2, per_page: 2 }', ['carl']],
    ['{ order_by: "age:numeric", page: 1, perpage: 2 }', ['ann', 'Bob']],
  ])('search({}, %s) answers in order', async (options, names) => {
    expect(await run(`return Item.search({}, ${options}).map(function (o) { return o.name })`)).toEqual(names)
  })

  it('what was stored as a number, Date, array or object reads back as such', async () => {
    expect(
      await run(`var p = Page.create({ n: 1.5, d: new Date(0), a: [1, [true, null]], o: { $x: "y" }, s: "3" }); p = Page.get(p.id);
        return [typeof p.n, p.d instanceof Date, p.d.getTime(), p.a, p.o, typeof p.s]`),
    ).toEqual(['number', true, 0, [1, [true, null]], { $x: 'y' }, 'string'])
  })

  it('a value that cannot be stored throws and names the property', async () => {
    await expect(run('Page.create({ ok: 1, bad: { worse: /re/ } })')).rejects.toThrow('bad.worse')
    await expect(run('Page.create({ n: 0/0 })')).rejects.toThrow('n cannot be stored')
  })

  it.each([
    ['at creation', 'Page.create({ k: "fn", shout: function () {} })'],
    ['at save', 'var p = Page.create(); p.k = "fn"; p.shout = function () {}; p.save()'],
    ['of a class from the store', 'var p = Page.create({ k: "" }); p.shout = p.save; p.k = "fn"; p.save()'],
  ])('a function %s throws and names the property, and nothing is stored', async (_, code) => {
    await expect(run(code)).rejects.toThrow(/shout cannot be stored: .*prototype/)
    expect(await run('return Page.search({ k: "fn" }).length')).toBe(0)
  })

  it("cannot reach another realm's objects or the platform's classes", async () => {
    const other = await cell.script('', { classes: ['Item'] })
    const { value } = await other.evaluate('Item.search().length')
    expect(value).toBe('0')
    const forged = await other.evaluate(
      'Object.keys(zimki_user.search()).length + String(typeof zimki_session)',
    )
    expect(forged.value).toBe('"0undefined"')
  })
})
